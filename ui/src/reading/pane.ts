/** One stack on the screen: scrolls, windows, reads values, loads ahead. */
import { Enums, cache, imageLoader, type RenderingEngine, type Types } from "@cornerstonejs/core";
import type { Book } from "./book";
import { valueAt } from "./drawn";
import { begin, hasGraphics, join, repaintMeasures, startEngine, stopDrawing } from "./engine";
import { aboutOf, announce, idOf } from "./frame";
import { areParallel, crossing, drawnPlain } from "./places";
import { sidesOf, type Sides } from "./sides";

const AHEAD = 24;
const AT_ONCE = 4;
const A_SECOND = 10; // images, when the stack turns by itself

interface Stack {
  series: string;
  study: string;
  modality: string;
  frames: [address: string, place: number | null][];
}

export interface Window {
  center: number;
  width: number;
}

export class Pane {
  n = 1;
  series = "";
  study = "";
  private modality = "";
  places: (number | null)[] = [];
  private ids: string[] = [];
  private engine!: RenderingEngine;
  private plain = false;
  private viewport!: Types.IStackViewport;
  private range: { lower: number; upper: number } | null = null;
  private fitted = 1;
  private window: Window | null = null;
  private loading = 0;
  private step = 1;
  private wanted = 0;
  private playing = 0;

  constructor(
    readonly element: HTMLDivElement,
    private id: string,
    private book: Book,
    private moved: (pane: Pane) => void,
  ) {}

  get count(): number {
    return this.ids.length;
  }

  /** Where the image that is shown lies along the normal, in mm. */
  get place(): number | null {
    return this.places[this.n - 1] ?? null;
  }

  /** Load the list of a series and show one of its images. */
  async open(address: string, n: number, window: Window | null): Promise<void> {
    begin();
    const answer = await fetch(address, { credentials: "same-origin" });
    if (!answer.ok) throw new Error(String(answer.status));
    const stack = (await answer.json()) as Stack;
    Object.assign(this, { series: stack.series, study: stack.study, modality: stack.modality });
    this.ids = stack.frames.map(([frame]) => idOf(frame));
    this.places = stack.frames.map(([, place]) => place);
    announce(this.ids, stack.modality);
    this.n = Math.min(Math.max(1, n), this.count);
    this.window = window;
    // The image that is looked at comes first and alone; the rest of the stack follows when it is drawn.
    await imageLoader.loadAndCacheImage(this.ids[this.n - 1]!);
    if (!this.viewport) {
      this.plain = !hasGraphics() && aboutOf(this.ids[this.n - 1]!)?.kind !== "float32";
      this.engine = startEngine(this.plain);
      this.engine.enableElement({ viewportId: this.id, type: Enums.ViewportType.STACK, element: this.element, defaultOptions: { background: [0.043, 0.055, 0.055] } });
      this.viewport = this.engine.getViewport(this.id) as Types.IStackViewport;
      join(this.id, this.engine);
      this.element.addEventListener(Enums.Events.VOI_MODIFIED, (event) => {
        this.range = (event as CustomEvent<{ range: { lower: number; upper: number } }>).detail.range;
        this.moved(this);
      });
      this.element.addEventListener(Enums.Events.IMAGE_RENDERED, () => this.moved(this));
    }
    if (this.plain) drawnPlain(this.ids);
    await this.viewport.setStack(this.ids, this.n - 1);
    this.apply();
    this.viewport.render();
    this.fitted = this.viewport.getZoom();
    this.ahead();
    void this.book.open(this.series);
  }

  async go(n: number): Promise<void> {
    const to = Math.min(this.count, Math.max(1, n));
    this.step = to < this.n ? -1 : 1;
    this.n = this.wanted = to;
    this.moved(this);
    // Of a quick turn of the wheel only the last image is waited for.
    await imageLoader.loadAndCacheImage(this.ids[to - 1]!);
    if (this.wanted !== to) return;
    await this.viewport.setImageIdIndex(to - 1);
    this.measured();
    this.moved(this);
    this.ahead();
  }

  /** A preset; null is the image's own. */
  choose(window: Window | null): void {
    this.window = window;
    this.apply();
    this.viewport.render();
    this.moved(this);
  }

  private apply(): void {
    const own = aboutOf(this.ids[this.n - 1]!)?.window;
    const preset = this.modality === "CT" ? this.window : null; // Hounsfield units exist there only
    const window = preset ?? (own ? { center: own[0], width: own[1] } : null);
    if (window) this.viewport.setProperties({ voiRange: { lower: window.center - window.width / 2, upper: window.center + window.width / 2 } });
  }

  /** The window as it is shown, after presets and dragging. */
  get shown(): Window | null {
    const range = this.range;
    return range ? { center: Math.round((range.lower + range.upper) / 2), width: Math.max(1, Math.round(range.upper - range.lower)) } : null;
  }

  /** Which side of the patient lies where on the screen, of the image that is shown, however it is turned. */
  get sides(): Sides {
    if (!aboutOf(this.ids[this.n - 1] ?? "")?.cosines) return sidesOf(null);
    return sidesOf([...this.way(1, 0), ...this.way(0, 1)]);
  }

  /** Where in the patient one goes by going this far on the screen. */
  private way(x: number, y: number): number[] {
    const from = this.viewport?.canvasToWorld([0, 0]) ?? [0, 0, 0];
    const way = (this.viewport?.canvasToWorld([x * 100, y * 100]) ?? from).map((value, i) => value - from[i]!);
    const length = Math.hypot(...way) || 1;
    return way.map((value) => value / length);
  }

  /** Pixels of the screen for a mm; null where the file does not say how large a pixel is. */
  get scale(): number | null {
    if (!this.viewport || !aboutOf(this.ids[this.n - 1] ?? "")?.spacing) return null;
    const [from, to] = [this.viewport.canvasToWorld([0, 0]), this.viewport.canvasToWorld([100, 0])];
    return 100 / (Math.hypot(...to.map((value, i) => value - from[i]!)) || 1);
  }

  /** Whether both are stacked in one direction: only then does turning one mean a place of the other. */
  isAlong(other: Pane): boolean {
    return areParallel(this.ids[this.n - 1] ?? "", other.ids[other.n - 1] ?? "");
  }

  /** The line in which the plane of another pane cuts this image, as two points of the stage. */
  cutBy(other: Pane): [number, number][] {
    if (other.study !== this.study) return [];
    const ends = crossing(other.ids[other.n - 1] ?? "", this.ids[this.n - 1] ?? "");
    return ends ? ends.map((end) => this.viewport.worldToCanvas(end) as [number, number]) : [];
  }

  /** A quarter turn to the right, mirrored, or light for dark. */
  turn(): void {
    const rotation = (this.viewport.getViewPresentation().rotation ?? 0) + 90;
    this.present(Math.round(rotation) % 360);
  }

  mirror(): void {
    this.present(undefined, !this.viewport.getCamera().flipHorizontal);
  }

  private present(rotation?: number, flipHorizontal?: boolean): void {
    if (flipHorizontal !== undefined) this.viewport.setCamera({ flipHorizontal });
    if (rotation !== undefined) this.viewport.setViewPresentation({ rotation });
    this.viewport.render();
    this.repaint();
  }

  invert(): void {
    this.viewport.setProperties({ invert: !this.viewport.getProperties().invert });
    this.viewport.render();
  }

  /** As it was opened: whole, upright, under the window of the preset. */
  reset(): void {
    if (Boolean(this.viewport.getProperties().invert) !== Boolean(aboutOf(this.ids[this.n - 1]!)?.invert)) this.invert();
    this.present(0, false);
    this.fit();
    this.choose(this.window);
    this.repaint();
  }

  /** Turn through the stack by itself, from the end to its beginning; again: stop. */
  play(on: boolean): void {
    window.clearInterval(this.playing);
    this.playing = on ? window.setInterval(() => void this.go(this.n < this.count ? this.n + 1 : 1).catch(() => undefined), 1000 / A_SECOND) : 0;
  }

  get isPlaying(): boolean {
    return this.playing !== 0;
  }

  zoom(by: number): void {
    this.viewport.setZoom(Math.min(12 * this.fitted, Math.max(0.5 * this.fitted, this.viewport.getZoom() * by)));
    this.viewport.render();
  }

  fit(): void {
    this.viewport.resetCamera();
    this.viewport.render();
    this.fitted = this.viewport.getZoom();
  }

  resize(): void {
    this.engine.resize(true, true);
  }

  /** The value under a point of the screen, with its unit; empty beside the picture and for colour. */
  valueAt(x: number, y: number): string {
    const imageId = this.viewport?.getCurrentImageId?.();
    if (!imageId) return "";
    const box = this.element.getBoundingClientRect();
    const value = valueAt(imageId, this.viewport.canvasToWorld([x - box.left, y - box.top]));
    return value === null ? "" : `${value}${aboutOf(imageId)?.modality === "CT" ? " HU" : ""}`;
  }

  /** Take the selected measurement away, or all that were drawn on this stack. */
  unmeasure(all: boolean): void {
    stopDrawing(this.element);
    this.book.take(this.ids, all);
  }

  /** What is kept of the image that is shown lies on it. */
  measured(): void {
    const imageId = this.viewport?.getCurrentImageId?.();
    if (!imageId) return;
    this.book.show(this.viewport, imageId);
    this.repaint();
  }

  /** The hand let go of the image. */
  settle(): void {
    this.book.settle(this.ids);
  }

  repaint(): void {
    repaintMeasures(this.id);
  }

  /** Load what comes next in the direction of scrolling; the cache throws away what was seen longest ago. */
  private ahead(): void {
    for (let i = 1; i <= AHEAD && this.loading < AT_ONCE; i++) {
      const imageId = this.ids[this.n - 1 + i * this.step];
      if (!imageId || cache.getImageLoadObject(imageId)) continue;
      this.loading += 1;
      void imageLoader
        .loadAndCacheImage(imageId)
        .catch(() => undefined)
        .finally(() => {
          this.loading -= 1;
          this.ahead();
        });
    }
  }

  close(): void {
    this.play(false);
    this.book.close(this.series);
    if (this.viewport) this.engine.disableElement(this.id);
  }
}
