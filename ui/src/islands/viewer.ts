/** `<image-viewer base="/records/imaging/<series>/frames/" count="120" window="lung">` around the bar, stage and slider
    that the server rendered. Frames come as PNG, drawn by the server under a window preset. Where the page names a
    `stack`, the reading desk takes over: it windows and measures in the browser. */
import type { Act, Desk } from "../reading/desk";
import { toast } from "./toast";
import { say } from "../words";

const AHEAD = 3;
const KEPT = 60;
const TOOL_KEYS: Record<string, Desk["tool"]> = { t: "scroll", w: "window", p: "pan", z: "zoom", l: "length", a: "angle", v: "value", e: "ellipse" };
const ACT_KEYS: Record<string, Act> = { r: "turn", f: "mirror", i: "invert", x: "reset", " ": "play", u: "undo", s: "together" };
const WINDOW_KEYS: Record<string, string> = { "1": "lung", "2": "mediastinum", "3": "bone", "4": "brain" };

class ImageViewer extends HTMLElement {
  private n = 1;
  private zoom = 1;
  private x = 0;
  private y = 0;
  private pictures = new Map<string, HTMLImageElement>();
  private hands = new Map<number, PointerEvent>();
  private wheel = 0;
  private desk: Desk | null = null;
  private coming = false;

  private get count(): number {
    if (this.desk) return this.desk.count;
    return Number(this.getAttribute("count") ?? 1);
  }
  private get image(): HTMLImageElement {
    return this.querySelector<HTMLImageElement>(".viewer-stage img")!;
  }
  private get stage(): HTMLElement {
    return this.querySelector<HTMLElement>(".viewer-stage")!;
  }
  private get slider(): HTMLInputElement | null {
    return this.querySelector("input[type=range]");
  }

  connectedCallback(): void {
    this.n = Number(this.getAttribute("start") ?? 1);
    this.slider?.addEventListener("input", () => this.go(Number(this.slider!.value)));
    this.addEventListener("click", (event) => this.press(event));
    // Heard where both stages hear, when a second one is opened beside the first.
    const stages = this.querySelector<HTMLElement>(".viewer-stages")!;
    this.addEventListener("keydown", (event) => this.key(event));
    stages.addEventListener("wheel", (event) => this.turn(event), { passive: false });
    stages.addEventListener("dblclick", () => this.fit());
    for (const name of ["pointerdown", "pointermove", "pointerup", "pointercancel"] as const) stages.addEventListener(name, (event) => this.hand(event));
    document.addEventListener("click", (event) => this.jump(event));
    this.coming = this.hasAttribute("stack");
    this.go(this.n);
    document.addEventListener("htmx:configRequest", (event) => this.fill(event as CustomEvent));
    document.addEventListener("htmx:afterRequest", (event) => this.marked(event as CustomEvent));
    if (this.coming) void this.shownFirst().then(() => this.takeOver());
  }

  /** Until the server's picture stands there: the desk is three megabytes to read, and somebody waits to see something. */
  private async shownFirst(): Promise<void> {
    if (this.image.complete) return;
    await new Promise((done) => {
      this.image.addEventListener("load", done, { once: true });
      this.image.addEventListener("error", done, { once: true });
    });
  }

  /** Nothing is lost when this fails: the pictures drawn by the server stay. */
  private async takeOver(): Promise<void> {
    try {
      const { openDesk } = await import("../reading/desk");
      this.desk = await openDesk(this, this.n, () => this.where());
      this.dataset.ready = "yes";
      this.go(this.n);
    } catch (fault) {
      this.coming = false;
      this.dataset.ready = "no";
      toast(say("plainViewer"));
      console.error(`The reading desk did not open: ${String(fault)}`);
    }
  }

  /** A key image is marked as it is seen: which one of which series, under which window. */
  private fill(event: CustomEvent): void {
    const { elt, parameters } = event.detail as { elt: HTMLElement; parameters: Record<string, unknown> };
    if (!elt.matches("[data-marks]")) return;
    Object.assign(parameters, { n: this.n }, this.desk && { series: this.desk.series }, this.desk?.shown);
  }

  /** Its words are its own: the next one begins without them. */
  private marked(event: CustomEvent): void {
    const { elt, successful } = event.detail as { elt: HTMLElement; successful: boolean };
    if (successful && elt instanceof HTMLFormElement && elt.matches("[data-marks]")) elt.reset();
  }

  private address(n: number): string {
    return `${this.getAttribute("base")}${n}.png?window=${this.getAttribute("window") ?? ""}${this.getAttribute("drawn") ?? ""}`;
  }

  private load(n: number): HTMLImageElement {
    const address = this.address(n);
    const known = this.pictures.get(address);
    if (known && !known.dataset.broken) return known;
    const picture = new Image();
    picture.decoding = "async";
    picture.onerror = () => (picture.dataset.broken = "yes");
    picture.src = address;
    this.pictures.set(address, picture);
    if (this.pictures.size > KEPT) this.pictures.delete(this.pictures.keys().next().value!);
    return picture;
  }

  private go(n: number): void {
    if (this.desk) {
      this.desk.go(n);
      return this.where();
    }
    const from = this.n;
    this.n = Math.min(this.count, Math.max(1, n));
    const wanted = this.n;
    const picture = this.load(wanted);
    const show = (): void => {
      if (wanted !== this.n) return;
      this.image.src = picture.src;
      this.tell(picture.dataset.broken ? say("brokenSlice") : "");
    };
    if (picture.complete) show();
    else {
      const late = window.setTimeout(() => wanted === this.n && this.tell(say("loadingSlice")), 250);
      picture.addEventListener("load", () => (window.clearTimeout(late), show()), { once: true });
      picture.addEventListener("error", () => (window.clearTimeout(late), show()), { once: true });
    }
    this.where();
    if (this.coming) return; // what the server would draw ahead, the desk will never show
    const step = this.n < from ? -1 : 1;
    for (let i = 1; i <= AHEAD; i++) {
      const next = this.n + i * step;
      if (next >= 1 && next <= this.count) this.load(next);
    }
  }

  /** Say which image is shown, in the corner, beside the slider and to a screen reader. */
  private where(): void {
    if (this.desk) this.n = this.desk.n;
    const where = say("slice", { n: this.n, total: this.count });
    if (this.slider) {
      this.slider.max = String(this.count);
      this.slider.value = String(this.n);
      this.slider.setAttribute("aria-valuetext", where);
    }
    const places = this.desk ? ".viewer-slide [data-where]" : "[data-where]"; // each stage of a desk says its own
    for (const place of this.querySelectorAll(places)) place.textContent = where;
    this.image.alt = where;
  }

  private tell(text: string): void {
    const place = this.querySelector(".viewer-say");
    if (place) place.textContent = text;
  }

  private choose(preset: string): void {
    this.setAttribute("window", preset);
    for (const button of this.querySelectorAll<HTMLElement>("[data-window]"))
      button.setAttribute("aria-pressed", String(button.dataset.window === preset));
    if (this.desk) this.desk.choose(preset);
    else this.go(this.n);
  }

  private press(event: Event): void {
    const button = (event.target as HTMLElement).closest<HTMLElement>("button");
    if (!button) return;
    if (button.dataset.window) this.choose(button.dataset.window);
    if (button.dataset.step) this.go(this.n + Number(button.dataset.step));
    if (button.dataset.zoom) this.scale(Number(button.dataset.zoom));
    if (button.dataset.fit !== undefined) this.fit();
    if (button.dataset.full !== undefined) this.fillScreen();
  }

  private fillScreen(): void {
    void (document.fullscreenElement ? document.exitFullscreen() : this.requestFullscreen());
  }

  /** From the list of measurements to the image one lies on. */
  private jump(event: MouseEvent): void {
    const link = (event.target as HTMLElement).closest<HTMLElement>("[data-goes]");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    this.desk?.first();
    this.go(Number(link.dataset.goes));
    this.scrollIntoView({ block: "nearest" });
    this.stage.focus({ preventScroll: true });
  }

  private key(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey) return; // the browser's own, such as printing
    const target = event.target as HTMLElement; // the slider has keys of its own, and a button is pressed by two
    if (target.matches("input") || (target.matches("button") && [" ", "Enter"].includes(event.key))) return;
    const steps: Record<string, number> = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1, PageDown: 10, PageUp: -10 };
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key; // capitals may be locked
    const step = steps[key];
    const preset = WINDOW_KEYS[key];
    if (step) this.go(this.n + step);
    else if (key === "Home") this.go(1);
    else if (key === "End") this.go(this.count);
    else if (key === "+" || key === "=") this.scale(1.25);
    else if (key === "-") this.scale(0.8);
    else if (key === "0") this.fit();
    else if (this.desk && TOOL_KEYS[key]) this.desk.take(TOOL_KEYS[key]!);
    else if (this.desk && ACT_KEYS[key]) this.desk.act(ACT_KEYS[key]!);
    else if (key === "?") document.querySelector<HTMLDialogElement>("#viewer-help")?.showModal();
    else if (key === "m") this.fillScreen();
    else if (this.desk && (key === "Delete" || key === "Backspace")) this.desk.unmeasure(false);
    else if (key === "k") document.querySelector<HTMLFormElement>("form[data-marks]")?.requestSubmit();
    else if (preset && this.querySelector(`[data-window="${preset}"]`)) this.choose(preset);
    else return;
    event.preventDefault();
  }

  private turn(event: WheelEvent): void {
    event.preventDefault();
    if (event.ctrlKey || event.metaKey) return this.scale(event.deltaY < 0 ? 1.1 : 0.9);
    this.wheel += event.deltaMode ? event.deltaY * 40 : event.deltaY;
    const steps = Math.trunc(this.wheel / 40);
    this.wheel -= steps * 40;
    if (steps) this.go(this.n + Math.sign(steps) * Math.min(5, Math.abs(steps)));
  }

  /** One finger scrolls through slices (or moves the picture when it is enlarged), two pinch. A mouse moves the picture. */
  private hand(event: PointerEvent): void {
    const stage = (event.target as HTMLElement).closest<HTMLElement>(".viewer-stage") ?? this.stage;
    if (event.type === "pointerdown") stage.focus({ preventScroll: true }); // the keys go where the hand is
    if (this.desk && this.desk.tool !== "scroll") return;
    const before = this.hands.get(event.pointerId);
    if (event.type === "pointerdown") {
      stage.setPointerCapture(event.pointerId);
      this.hands.set(event.pointerId, event);
    } else if (event.type !== "pointermove") {
      this.hands.delete(event.pointerId);
    } else if (this.desk && this.hands.size === 2) {
      return;
    } else if (before && this.hands.size === 2) {
      const other = [...this.hands.values()].find((one) => one.pointerId !== event.pointerId)!;
      const apart = (one: PointerEvent): number => Math.hypot(one.clientX - other.clientX, one.clientY - other.clientY);
      this.hands.set(event.pointerId, event);
      this.scale(apart(event) / Math.max(1, apart(before)));
    } else if (before) {
      const dx = event.clientX - before.clientX;
      const dy = event.clientY - before.clientY;
      if (this.desk || (event.pointerType === "touch" && this.zoom === 1)) {
        const steps = Math.trunc(dy / 12);
        if (steps) {
          this.go(this.n + steps);
          this.hands.set(event.pointerId, event);
        }
      } else {
        this.hands.set(event.pointerId, event);
        this.place(this.x + dx, this.y + dy);
      }
    }
    stage.classList.toggle("is-held", this.hands.size > 0);
  }

  private scale(by: number): void {
    if (this.desk) return this.desk.scale(by);
    this.zoom = Math.min(8, Math.max(1, this.zoom * by));
    if (this.zoom === 1) this.place(0, 0);
    else this.place(this.x, this.y);
  }

  private place(x: number, y: number): void {
    this.x = x;
    this.y = y;
    this.image.style.transform = `translate(${x}px, ${y}px) scale(${this.zoom})`;
  }

  private fit(): void {
    if (this.desk) return this.desk.fit();
    this.zoom = 1;
    this.place(0, 0);
  }
}

export function defineViewer(): void {
  customElements.define("image-viewer", ImageViewer);
}
