/** The reading desk: takes the stage over from the pictures that the server drew, once it can do better. */
import { eventTarget } from "@cornerstonejs/core";
import { Enums } from "@cornerstonejs/tools";
import { Book } from "./book";
import { Pane, type Window } from "./pane";
import { choose, type Tool } from "./engine";
import { MEASURING } from "./drawn";
import { label } from "./stage";
import { make } from "../page";
import { say } from "../words";

export type Act = "clear" | "undo" | "turn" | "mirror" | "invert" | "reset" | "play" | "alone" | "together";

export interface Surface {
  readonly count: number;
  readonly n: number;
  go(n: number): void;
  scale(by: number): void;
  fit(): void;
  choose(preset: string): void;
}

export class Desk implements Surface {
  private panes: Pane[] = [];
  private active!: Pane;
  private together = true;
  private apart = 0; // mm from the first stage's place to the second's: a patient never lies on the table twice alike
  private book: Book;
  tool: Tool = "window";

  constructor(
    private viewer: HTMLElement,
    private told: () => void,
  ) {
    this.book = new Book(viewer.getAttribute("measures") ?? "", viewer.getAttribute("draws") ?? "", () => this.remeasure());
  }

  get count(): number {
    return this.active.count;
  }
  get n(): number {
    return this.active.n;
  }

  async open(n: number): Promise<void> {
    const stage = this.viewer.querySelector<HTMLElement>(".viewer-stage")!;
    this.active = await this.lay(stage, this.viewer.getAttribute("stack")!, n);
    stage.classList.add("is-live");
    for (const one of this.viewer.querySelectorAll<HTMLElement>("[data-live]")) one.hidden = false;
    this.viewer.addEventListener("click", (event) => this.press(event));
    for (const button of document.querySelectorAll<HTMLElement>("[data-beside]")) {
      button.hidden = false;
      button.addEventListener("click", () => void this.beside(button.dataset.beside!, button.dataset.about ?? ""));
    }
    this.listen();
    // A finger turns the slices, a mouse has a wheel for that.
    this.take(matchMedia("(pointer: coarse)").matches ? "scroll" : "window");
    this.report();
  }

  /** Hear what is drawn, moved, and taken back elsewhere on the page; a key image waits until it has arrived. */
  private listen(): void {
    const later = (act: () => void): void => void window.setTimeout(act);
    eventTarget.addEventListener(Enums.Events.ANNOTATION_COMPLETED, (event: Event) => {
      const { annotation } = (event as CustomEvent<{ annotation: { annotationUID: string } }>).detail;
      later(() => this.book.drawn(annotation.annotationUID));
    });
    for (const name of ["pointerup", "pointercancel"])
      window.addEventListener(name, () => {
        this.book.letGo(this.tool in MEASURING);
        later(() => this.panes.forEach((pane) => pane.settle()));
      });
    document.addEventListener("htmx:afterRequest", (event) => {
      const { target, requestConfig } = (event as CustomEvent<{ target?: HTMLElement; requestConfig: { verb: string } }>).detail;
      if (target?.id === "measures" && requestConfig.verb === "post") void this.book.look();
    });
    document.addEventListener("htmx:confirm", (event) => {
      const { elt, issueRequest } = (event as CustomEvent<{ elt: HTMLElement; issueRequest: (sure: boolean) => void }>).detail;
      if (!elt.matches("[data-marks]") || this.book.isIdle) return;
      event.preventDefault();
      void this.book.idle().then(() => issueRequest(true));
    });
  }

  /** What is kept has changed: show it on every stage. */
  private remeasure(): void {
    for (const pane of this.panes) pane.measured();
    this.viewer.querySelector<HTMLButtonElement>("[data-undo]")!.disabled = !this.book.canUndo;
  }

  /** Put a pane into a stage and open a series in it. */
  private async lay(stage: HTMLElement, stack: string, n: number): Promise<Pane> {
    const element = make("div", { class: "viewer-pane" }) as HTMLDivElement;
    element.addEventListener("contextmenu", (event) => event.preventDefault());
    stage.prepend(element);
    const pane = new Pane(element, `pane-${this.panes.length}-${stack}`, this.book, () => this.report());
    for (const name of ["pointerdown", "wheel"]) stage.addEventListener(name, () => this.activate(pane), { capture: true, passive: true });
    stage.addEventListener("pointerdown", () => this.book.hold(), { capture: true, passive: true });
    stage.addEventListener("focusin", () => this.activate(pane));
    element.addEventListener("pointermove", (event) => this.value(stage, pane.valueAt(event.clientX, event.clientY)));
    element.addEventListener("pointerleave", () => this.value(stage, ""));
    await pane.open(stack, n, this.preset(this.viewer.getAttribute("window") ?? ""));
    this.panes.push(pane);
    new ResizeObserver(() => pane.resize()).observe(element);
    return pane;
  }

  private value(stage: HTMLElement, text: string): void {
    stage.querySelector("[data-value]")!.textContent = text;
  }

  private activate(pane: Pane): void {
    if (this.active === pane) return;
    this.active = pane;
    this.report();
  }

  private report(): void {
    if (!this.active) return;
    for (const pane of this.panes) label(pane, this.panes.length > 1 && pane === this.active, this.panes.find((one) => one !== pane) ?? null);
    this.told();
  }

  go(n: number): void {
    this.play(false);
    void this.active.go(n).catch(() => this.say(say("brokenSlice")));
    this.say("");
    if (this.together) for (const pane of this.panes) if (pane !== this.active) this.follow(pane);
  }

  private say(text: string): void {
    this.active.element.closest(".viewer-stage")!.querySelector(".viewer-say")!.textContent = text;
  }

  /** The other series goes to the same place in the patient; where places are unknown, to the same share of its way. */
  private follow(pane: Pane): void {
    if (!pane.isAlong(this.active)) return; // each shows where the other one cuts it
    const place = this.active.place;
    if (place === null) return this.share(pane);
    const wanted = place + (pane === this.panes[1] ? this.apart : -this.apart);
    const known = pane.places.flatMap((one, i) => (one === null ? [] : [[Math.abs(one - wanted), i] as const]));
    if (!known.length) return this.share(pane);
    void pane.go(known.reduce((a, b) => (b[0] < a[0] ? b : a))[1] + 1).catch(() => undefined);
  }

  private share(pane: Pane): void {
    const share = Math.round(((this.active.n - 1) / Math.max(1, this.active.count - 1)) * (pane.count - 1));
    void pane.go(share + 1).catch(() => undefined);
  }

  /** From here on both stages turn by the same millimetres. Within a study places agree; of another one the doctor's
      eyes know which belong together: turned there apart, they are linked again as they stand. */
  private link(): void {
    const [first, second] = this.panes;
    const known = first && second && first.study !== second.study && first.place !== null && second.place !== null;
    this.apart = known ? second.place! - first.place! : 0;
  }

  scale(by: number): void {
    this.active.zoom(by);
  }

  fit(): void {
    this.active.fit();
  }

  choose(preset: string): void {
    for (const pane of this.panes) pane.choose(this.preset(preset));
  }

  private preset(code: string): Window | null {
    const button = this.viewer.querySelector<HTMLElement>(`[data-window="${code}"]`);
    return button?.dataset.center ? { center: Number(button.dataset.center), width: Number(button.dataset.width) } : null;
  }

  /** The hand goes to the first stage. */
  first(): void {
    this.activate(this.panes[0]!);
  }

  /** Which series a key image is of. */
  get series(): string {
    return this.active.series;
  }

  /** What a key image is marked with. */
  get shown(): Window | null {
    return this.active.shown;
  }

  private press(event: Event): void {
    const button = (event.target as HTMLElement).closest<HTMLElement>("[data-tool], [data-act]");
    if (button?.dataset.tool) this.take(button.dataset.tool as Tool);
    if (button?.dataset.act) this.act(button.dataset.act as Act);
  }

  /** What a button or its key asks for. */
  act(act: Act): void {
    if (act === "clear") this.unmeasure(true);
    if (act === "undo") this.book.undo();
    if (act === "turn" || act === "mirror" || act === "invert" || act === "reset") this.active[act]();
    if (act === "play") this.play(!this.active.isPlaying);
    if (act === "alone") this.alone();
    if (act === "together" && this.panes.length > 1) {
      this.together = !this.together;
      this.viewer.querySelector("[data-act=together]")!.setAttribute("aria-pressed", String(this.together));
      this.link();
    }
    this.report();
  }

  /** The stack turns by itself until somebody turns it. */
  private play(on: boolean): void {
    for (const pane of this.panes) pane.play(on && pane === this.active);
    this.viewer.querySelector("[data-act=play]")!.setAttribute("aria-pressed", String(on));
  }

  take(tool: Tool): void {
    this.tool = tool;
    choose(tool);
    for (const button of this.viewer.querySelectorAll<HTMLElement>("[data-tool]")) button.setAttribute("aria-pressed", String(button.dataset.tool === tool));
  }

  /** Take measurements of the active stage away: the selected one, or all. Both stages may show the same series. */
  unmeasure(all: boolean): void {
    this.active.unmeasure(all);
    this.remeasure();
  }

  /** Open a second series beside the first. */
  private async beside(stack: string, about: string): Promise<void> {
    this.alone();
    const first = this.viewer.querySelector<HTMLElement>(".viewer-stage")!;
    const second = first.cloneNode(true) as HTMLElement;
    second.querySelector(".viewer-pane")?.remove();
    second.querySelector("img")?.remove();
    second.querySelector(".viewer-tr")!.textContent = about;
    first.after(second);
    this.viewer.classList.add("is-two");
    for (const one of this.viewer.querySelectorAll<HTMLElement>("[data-two]")) one.hidden = false;
    await this.lay(second, stack, 1).catch(() => this.alone());
    this.viewer.scrollIntoView({ block: "nearest" });
    const [shown, other] = this.panes;
    if (!shown || !other) return;
    if (shown.study === other.study) this.follow(other);
    else this.share(other);
    this.link();
  }

  private alone(): void {
    for (const pane of this.panes.splice(1)) {
      pane.close();
      pane.element.closest(".viewer-stage")!.remove();
    }
    this.active = this.panes[0]!;
    this.viewer.classList.remove("is-two");
    for (const one of this.viewer.querySelectorAll<HTMLElement>("[data-two]")) one.hidden = true;
    this.report();
  }
}

export async function openDesk(viewer: HTMLElement, n: number, told: () => void): Promise<Desk> {
  const desk = new Desk(viewer, told);
  await desk.open(n);
  return desk;
}
