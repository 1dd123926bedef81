/** What stands on a stage around its image: where one is, under which window, which side is which, how large it is. */
import { say } from "../words";
import type { Pane } from "./pane";

const LENGTHS = [200, 100, 50, 20, 10, 5, 2, 1]; // mm
const WIDEST = 0.2; // of the stage

const put = (stage: HTMLElement, name: string, text: string): void => {
  const place = stage.querySelector(`[data-${name}]`);
  if (place && place.textContent !== text) place.textContent = text;
};

/** `other`: the pane beside it, whose plane is drawn where it cuts this image. */
export function label(pane: Pane, active: boolean, other: Pane | null): void {
  const stage = pane.element.closest<HTMLElement>(".viewer-stage")!;
  const window = pane.shown;
  put(stage, "levels", window ? say("levels", { center: window.center, width: window.width }) : "");
  put(stage, "where", say("slice", { n: pane.n, total: pane.count }));
  put(stage, "depth", pane.place === null ? "" : `${pane.place.toFixed(1)} mm`);
  for (const [side, text] of Object.entries(pane.sides)) stage.querySelector(`[data-edge="${side}"]`)!.textContent = text;
  stage.classList.toggle("is-active", active);
  measureOut(stage, pane.scale);
  cross(stage, other ? pane.cutBy(other) : []);
}

/** A bar of a round length, as in an atlas. */
function measureOut(stage: HTMLElement, scale: number | null): void {
  const bar = stage.querySelector<HTMLElement>("[data-scale]")!;
  const length = scale ? LENGTHS.find((mm) => mm * scale <= WIDEST * stage.clientWidth) : undefined;
  bar.hidden = !length;
  if (!length || !scale) return;
  bar.style.width = `${length * scale}px`;
  bar.textContent = length >= 10 ? `${length / 10} cm` : `${length} mm`;
}

function cross(stage: HTMLElement, ends: [number, number][]): void {
  const line = stage.querySelector<SVGLineElement>("[data-cross]")!;
  const [from, to] = ends;
  line.toggleAttribute("hidden", !from);
  if (!from || !to) return;
  for (const [name, value] of Object.entries({ x1: from[0], y1: from[1], x2: to[0], y2: to[1] })) line.setAttribute(name, value.toFixed(1));
}
