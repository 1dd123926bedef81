/** The reader's measurements and their colleagues', as the server keeps them: sent as they are drawn, again until they
    arrive, and looked at anew when a colleague measured, the window comes back to the front, or another one changed
    something. */
import type { Types } from "@cornerstonejs/core";
import { meta } from "../page";
import { toast } from "../islands/toast";
import { say } from "../words";
import { chosenKeys, forget, keysOn, lay, say as note, shapeOf, type Shape } from "./drawn";
import { idOf } from "./frame";
import type { Place } from "./places";

interface Kept extends Shape {
  id: string;
  key: string;
  lines: string[];
  version: number;
  mine: boolean;
}

const SETTLING = 500; // ms
const NEWS = "measurements"; // between windows of one browser
const same = (one: readonly Place[], other: readonly Place[]): boolean =>
  one.length === other.length && one.every((point, i) => Math.hypot(point[0] - other[i]![0], point[1] - other[i]![1]) < 0.02);
const wait = (seconds: number): Promise<void> => new Promise((done) => window.setTimeout(done, seconds * 1000));

interface Said {
  measures?: Kept[];
  series?: string;
  why?: string;
}

export class Book {
  private kept = new Map<string, Kept>();
  private seriesOf = new Map<string, string>(); // by key
  private laid = new Set<string>(); // the series that lie on the desk
  private sending = new Set<string>();
  private taken: string[] = [];
  private doomed = new Set<string>(); // taken away before they had arrived
  private chain: Promise<unknown> = Promise.resolve();
  private news = new BroadcastChannel(NEWS);
  private held = false;
  private missed = false; // something was told while the hand was on the image
  private until = 0; // when what the hand drew last has surely been told

  /** `list`: where measurements are read, with `{series}` in it, empty for a reader who keeps none and sees none.
      `draws`: where they are sent, empty for a reader who only sees them. */
  constructor(
    private list: string,
    private draws: string,
    private changed: () => void,
  ) {
    if (!list) return;
    this.news.onmessage = () => void this.look();
    document.querySelector("#measures-news")?.addEventListener("look-again", () => void this.look());
    document.addEventListener("visibilitychange", () => !document.hidden && void this.look());
    window.addEventListener("beforeunload", (event) => this.sending.size && event.preventDefault());
  }

  get canUndo(): boolean {
    return this.taken.length > 0;
  }

  /** Whether everything drawn so far has arrived. */
  get isIdle(): boolean {
    return this.sending.size === 0 && !this.held && performance.now() > this.until;
  }

  async idle(): Promise<void> {
    while (!this.isIdle) {
      await this.chain;
      await wait(0.05);
    }
  }

  /** Read what is kept of a series that is laid on the desk. */
  async open(series: string): Promise<void> {
    this.laid.add(series);
    await this.look();
  }

  close(series: string): void {
    this.laid.delete(series);
  }

  async look(): Promise<void> {
    if (!this.list) return;
    for (const series of this.laid) {
      const answer = await fetch(this.list.replace("{series}", series), { credentials: "same-origin" }).catch(() => null);
      if (answer?.ok) this.learn((await answer.json()) as Said);
    }
  }

  /** What stands on the server stands here too; what is on its way there, or under a hand, is left alone. */
  private learn({ measures = [], series = "" }: Said): void {
    if (this.held) {
      this.missed = true;
      return;
    }
    const told = new Set(measures.map((row) => row.key));
    for (const key of [...this.kept.keys()]) {
      if (told.has(key) || this.sending.has(key) || this.seriesOf.get(key) !== series) continue;
      this.kept.delete(key);
      forget(key);
    }
    for (const row of measures) {
      this.seriesOf.set(row.key, series);
      if (!this.sending.has(row.key)) this.kept.set(row.key, row);
    }
    this.changed();
  }

  /** Put what is kept of the image that is shown on it. */
  show(viewport: Types.IStackViewport, imageId: string): void {
    if (this.held) return;
    for (const row of this.kept.values())
      if (idOf(row.frame) === imageId && !this.sending.has(row.key)) lay(viewport, row.key, imageId, row, row.lines, row.mine);
  }

  /** The hand is on the image, and what is drawn there moves with it. */
  hold(): void {
    this.held = true;
  }

  /** It let go; with a tool that measures, a click might yet become a double one, and only then is it drawn. */
  letGo(draws: boolean): void {
    this.held = false;
    if (this.missed) void this.look();
    this.missed = false;
    if (draws) this.until = performance.now() + SETTLING;
  }

  /** Whatever of one's own lies elsewhere now is moved there. */
  settle(imageIds: readonly string[]): void {
    for (const key of keysOn(imageIds)) {
      const row = this.kept.get(key);
      if (row?.mine && !this.sending.has(key)) this.move(row);
    }
  }

  private move(row: Kept): void {
    const shape = shapeOf(row.key);
    if (!shape || same(shape.points, row.points)) return;
    this.send(row.key, `${row.id}/`, { version: String(row.version), points: JSON.stringify(shape.points) });
  }

  /** A measurement was drawn to its end. */
  drawn(key: string): void {
    const shape = shapeOf(key);
    if (!shape) {
      forget(key);
      return this.changed();
    }
    if (!this.draws || this.kept.has(key) || this.sending.has(key)) return;
    const [instance, index] = shape.frame.split("/").slice(-2);
    this.send(key, "", { key, instance: instance!, index: index!, kind: shape.kind, points: JSON.stringify(shape.points) });
  }

  /** Take measurements away: the chosen ones or all, of one's own. */
  take(imageIds: readonly string[], everything: boolean): void {
    const chosen = new Set(chosenKeys());
    const gone = keysOn(imageIds).filter((key) => (everything || chosen.has(key)) && this.kept.get(key)?.mine !== false);
    const rows = gone.flatMap((key) => this.kept.get(key) ?? []);
    gone.forEach(forget);
    for (const key of gone) if (this.sending.has(key) && !this.kept.has(key)) this.doomed.add(key);
    if (rows.length) this.taken = rows.map((row) => row.id);
    for (const row of rows) this.send(row.key, `${row.id}/remove/`, {});
  }

  undo(): void {
    for (const id of this.taken.splice(0)) this.send(id, `${id}/restore/`, {});
  }

  private send(key: string, address: string, fields: Record<string, string>): void {
    this.sending.add(key);
    this.chain = this.chain.then(() => this.deliver(key, address, fields)).catch((fault: unknown) => console.error(String(fault)));
  }

  /** Send until it arrives: what is asked for makes a second arrival harmless. */
  private async deliver(key: string, address: string, fields: Record<string, string>): Promise<void> {
    const body = new URLSearchParams({ ...fields, case: new URL(this.list, location.href).searchParams.get("case") ?? "" });
    const asked = { method: "POST", credentials: "same-origin", body, headers: { "X-CSRFToken": meta("csrf") } } as const;
    let answer: Response | null = null;
    for (let tries = 0; !answer; tries++) {
      answer = await fetch(this.draws + address, asked).catch(() => null);
      if (answer && answer.status < 500) break;
      answer = null;
      if (!tries) toast(say("notKeptYet"));
      await wait(Math.min(30, 2 ** tries));
    }
    this.sending.delete(key);
    const said = answer.headers.get("Content-Type")?.includes("json") ? ((await answer.json()) as Said) : {};
    if (!answer.ok) toast(said.why || say("failed", { number: answer.headers.get("X-Request-ID") ?? String(answer.status) }));
    if (said.measures) this.arrived(key, said, answer.ok);
    this.changed();
  }

  private arrived(key: string, said: Said, kept: boolean): void {
    const row = said.measures!.find((one) => one.key === key);
    if (!row) forget(key);
    else if (kept) {
      note(key, row.lines);
      this.kept.set(key, row);
      if (this.doomed.delete(key)) this.send(key, `${row.id}/remove/`, {});
      else this.move(row); // it may have been moved while it was on its way
    }
    this.learn(said);
    this.news.postMessage(key);
    document.querySelector("#measures")?.dispatchEvent(new CustomEvent("measured"));
  }
}
