/** One stack on the screen: scrolls, windows, reads values, loads ahead. */
import { Enums, cache, imageLoader, utilities, type RenderingEngine, type Types } from "@cornerstonejs/core";
import { begin, hasGraphics, join, removeMeasures, repaintMeasures, startEngine, stopDrawing } from "./engine";
import { aboutOf, announce, idOf } from "./frame";
import { sidesOf, type Sides } from "./sides";

const AHEAD = 24;
const AT_ONCE = 4;

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

  constructor(
    readonly element: HTMLDivElement,
    private id: string,
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
    }
    await this.viewport.setStack(this.ids, this.n - 1);
    this.apply();
    this.viewport.render();
    this.fitted = this.viewport.getZoom();
    this.ahead();
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

  /** Which side of the patient lies where, of the image that is shown. */
  get sides(): Sides {
    return sidesOf(aboutOf(this.ids[this.n - 1] ?? "")?.cosines);
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
    const image = this.viewport?.getCornerstoneImage?.();
    const data = this.viewport?.getImageData?.();
    if (!image || !data?.imageData || image.color) return "";
    const box = this.element.getBoundingClientRect();
    const index = utilities.transformWorldToIndexContinuous(data.imageData, this.viewport.canvasToWorld([x - box.left, y - box.top]));
    // A whole number is the corner of a pixel on a plain canvas, and its middle under WebGL.
    const [column, row] = Array.from(index, this.plain ? Math.floor : Math.round);
    if (column === undefined || row === undefined || column < 0 || row < 0 || column >= image.columns || row >= image.rows) return "";
    const value = image.getPixelData()[row * image.columns + column]!;
    return `${Math.round(value)}${aboutOf(image.imageId)?.modality === "CT" ? " HU" : ""}`;
  }

  /** Take the selected measurement away, or all that were drawn on this stack. */
  unmeasure(all: boolean): void {
    stopDrawing(this.element);
    removeMeasures(this.ids, all);
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
    if (this.viewport) this.engine.disableElement(this.id);
  }
}
