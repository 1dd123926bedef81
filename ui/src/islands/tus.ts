/** One file on its way up by the tus protocol 1.0: cut in chunks, asked where to go on after any interruption. */
import { meta } from "../page";
import { say } from "../words";

const CHUNK = 1 << 20;
const VERSION = { "Tus-Resumable": "1.0.0" };

export type Progress =
  | { kind: "sending" | "paused" | "checking"; percent: number; done: number; total: number; id: string }
  | { kind: "retrying"; percent: number; seconds: number; full: boolean }
  | { kind: "done"; percent: number; total: number; id: string }
  | { kind: "refused"; percent: number; why: string };

class Refusal extends Error {}
class Elsewhere extends Error {
  constructor(readonly full = false) {
    super();
  }
}

export class Transfer {
  running = false;
  private url: string;
  private offset = 0;
  private attempts = 0;
  private abort: AbortController | null = null;
  private timer = 0;

  constructor(
    private file: File,
    private endpoint: string,
    private purpose: string,
    private tell: (progress: Progress) => void,
  ) {
    this.url = localStorage.getItem(this.mark) ?? "";
    window.addEventListener("online", () => this.timer && this.resume());
  }

  private get mark(): string {
    return `upload:${meta("account")}:${this.purpose}:${this.file.name}:${this.file.size}:${this.file.lastModified}`;
  }

  private get id(): string {
    return new URL(this.url, location.href).pathname.replace(/\/$/, "").split("/").pop() ?? "";
  }

  private get percent(): number {
    return this.file.size ? (this.offset / this.file.size) * 100 : 100;
  }

  private report(kind: "sending" | "paused" | "checking"): void {
    this.tell({ kind, percent: this.percent, done: this.offset, total: this.file.size, id: this.id });
  }

  resume(): void {
    window.clearTimeout(this.timer);
    this.timer = 0;
    if (this.running && this.abort) return;
    this.running = true;
    this.abort = new AbortController();
    this.run().catch((fault: unknown) => this.failed(fault));
  }

  pause(): void {
    this.running = false;
    window.clearTimeout(this.timer);
    this.timer = 0;
    this.abort?.abort();
    this.abort = null;
    this.report("paused");
  }

  cancel(): void {
    this.pause();
    localStorage.removeItem(this.mark);
    if (this.url) void this.ask("DELETE").catch(() => undefined);
  }

  refuse(why: string): void {
    this.running = false;
    localStorage.removeItem(this.mark);
    this.tell({ kind: "refused", percent: this.percent, why });
  }

  private async run(): Promise<void> {
    await this.locate();
    while (this.offset < this.file.size) {
      this.report(this.offset + CHUNK >= this.file.size ? "checking" : "sending");
      await this.send();
    }
    this.running = false;
    localStorage.removeItem(this.mark);
    this.tell({ kind: "done", percent: 100, total: this.file.size, id: this.id });
  }

  /** Find out how far the server has come, or begin. */
  private async locate(): Promise<void> {
    if (this.url) {
      const answer = await this.ask("HEAD");
      if (answer.ok) return void (this.offset = Number(answer.headers.get("Upload-Offset") ?? 0));
      if (answer.status >= 500 || answer.status === 429) throw new Elsewhere();
    }
    const name = btoa(String.fromCharCode(...new TextEncoder().encode(this.file.name)));
    const about = `filename ${name},purpose ${btoa(this.purpose)}`;
    const answer = await this.ask("POST", this.endpoint, { "Upload-Length": String(this.file.size), "Upload-Metadata": about });
    await this.judge(answer);
    this.url = answer.headers.get("Location") ?? "";
    this.offset = 0;
    localStorage.setItem(this.mark, this.url);
  }

  private async send(): Promise<void> {
    const chunk = this.file.slice(this.offset, this.offset + CHUNK);
    const answer = await this.ask("PATCH", this.url, { "Upload-Offset": String(this.offset), "Content-Type": "application/offset+octet-stream" }, chunk);
    if (answer.status === 409) return this.locate();
    await this.judge(answer);
    this.offset = Number(answer.headers.get("Upload-Offset") ?? this.offset + chunk.size);
    this.attempts = 0;
  }

  private ask(method: string, url = this.url, headers: Record<string, string> = {}, body?: Blob): Promise<Response> {
    const all = { ...VERSION, "X-CSRFToken": meta("csrf"), "Accept-Language": document.documentElement.lang, ...headers };
    return fetch(url, { method, headers: all, body, signal: this.abort?.signal, credentials: "same-origin" });
  }

  private async judge(answer: Response): Promise<void> {
    if (answer.ok) return;
    if (answer.status >= 500 || answer.status === 429 || answer.status === 423) throw new Elsewhere(answer.status === 503);
    const problem = (await answer.json().catch(() => ({}))) as { detail?: string; title?: string };
    throw new Refusal(problem.detail ?? problem.title ?? say("unknownReason"));
  }

  private failed(fault: unknown): void {
    this.abort = null;
    if (!this.running) return;
    if (fault instanceof Refusal) return this.refuse(fault.message);
    this.attempts += 1;
    const seconds = Math.min(30, 2 ** Math.min(this.attempts, 5));
    this.tell({ kind: "retrying", percent: this.percent, seconds, full: fault instanceof Elsewhere && fault.full });
    this.timer = window.setTimeout(() => this.resume(), seconds * 1000 * (0.75 + Math.random() / 2));
  }
}
