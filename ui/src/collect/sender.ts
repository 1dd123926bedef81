/** Sends what waits, in order, until the server has said for each tube what became of it.

    A batch is cut once and keeps its key: sent again after a lost answer it is answered as it was the first time. */
import { meta } from "../page";
import type { Fault, Kept, Store } from "./store";

export type Standing = { is: "idle" | "sending" | "offline" | "login" } | { is: "waits"; seconds: number };
type Answer = { tubes: { client_id: string; state: "stored" | "kept" | "refused"; errors: Fault[] }[] };
type Outcome = "more" | "login" | "offline" | number; // seconds to wait

const BATCH = 20;
const LONGEST = 60;

export class Sender {
  standing: Standing = { is: "idle" };
  private timer = 0;
  private misses = 0;
  private csrf = meta("csrf");

  constructor(private readonly store: Store, private readonly address: string, private readonly changed: () => void) {
    window.addEventListener("online", () => this.kick());
    document.addEventListener("visibilitychange", () => document.hidden || this.kick());
  }

  /** Send now. Of several open pages one sends. */
  kick(): void {
    window.clearTimeout(this.timer);
    void navigator.locks.request("huizhen-collect", { ifAvailable: true }, (lock) => (lock ? this.run() : undefined));
  }

  private stand(standing: Standing): void {
    this.standing = standing;
    this.changed();
  }

  private async run(): Promise<void> {
    for (;;) {
      const batch = await this.cut();
      if (!batch.length) return this.stand({ is: "idle" });
      this.stand({ is: "sending" });
      const outcome = await this.send(batch).catch((): Outcome => (navigator.onLine ? this.wait() : "offline"));
      if (outcome === "more") {
        this.misses = 0;
        continue;
      }
      const seconds = typeof outcome === "number" ? outcome : this.wait();
      this.stand(typeof outcome === "number" ? { is: "waits", seconds } : { is: outcome });
      this.timer = window.setTimeout(() => this.kick(), seconds * 1000);
      return;
    }
  }

  private wait(): number {
    this.misses += 1;
    return Math.round(Math.min(LONGEST, 2 ** Math.min(this.misses, 6)) * (0.75 + Math.random() / 2)) || 1;
  }

  /** The batch that was being sent, else the next tubes under a new key. */
  private async cut(): Promise<Kept[]> {
    const waiting = (await this.store.list()).filter((one) => one.state === "waiting");
    const open = waiting[0]?.batch;
    if (open) return waiting.filter((one) => one.batch === open);
    const fresh = waiting.filter((one) => !one.batch).slice(0, BATCH);
    if (fresh.length) await this.stamp(fresh);
    return fresh;
  }

  private async stamp(tubes: Kept[]): Promise<void> {
    const batch = crypto.randomUUID();
    await this.store.change(tubes.map((one) => one.order), { batch });
    for (const one of tubes) one.batch = batch;
  }

  private async post(batch: Kept[]): Promise<Response> {
    const headers = { "Content-Type": "application/json", "X-CSRFToken": this.csrf, "Idempotency-Key": batch[0]!.batch };
    const body = JSON.stringify({ tubes: batch.map((one) => one.tube) });
    const stop = new AbortController();
    const timer = window.setTimeout(() => stop.abort(), 20000);
    try {
      return await fetch(this.address, { method: "POST", headers: { ...headers, "Accept-Language": document.documentElement.lang }, body, signal: stop.signal });
    } finally {
      window.clearTimeout(timer);
    }
  }

  private async send(batch: Kept[]): Promise<Outcome> {
    let answer = await this.post(batch);
    if (answer.status === 403 && (await this.refresh())) answer = await this.post(batch);
    if (answer.ok) return this.take(batch, (await answer.json()) as Answer);
    if (answer.status === 401 || answer.status === 403) return "login";
    if (answer.status === 409 || answer.status === 429 || answer.status >= 500) return Number(answer.headers.get("Retry-After")) || this.wait();
    // Something in it cannot be read at all: alone it does not hold up the others.
    if (batch.length > 1) for (const one of batch) await this.stamp([one]);
    else await this.mend(batch[0]!, false, [{ field: "", code: "", says: String(((await answer.json()) as { title?: string }).title) }]);
    return "more";
  }

  private async take(batch: Kept[], answer: Answer): Promise<Outcome> {
    const said = new Map(answer.tubes.map((one) => [one.client_id, one]));
    for (const one of batch) {
      const what = said.get(one.tube.client_id);
      if (what?.state === "stored") await this.store.remove([one.order]);
      else await this.mend(one, what?.state === "kept", what?.errors ?? []);
    }
    return "more";
  }

  private mend(one: Kept, kept: boolean, faults: Fault[]): Promise<void> {
    return this.store.change([one.order], { state: "mend", batch: "", kept, faults });
  }

  /** The page was open for too long, or somebody else has logged in since: then nothing is sent in the wrong name. */
  private async refresh(): Promise<boolean> {
    const answer = await fetch(location.pathname, { redirect: "error", headers: { Accept: "text/html" } });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const read = (name: string): string => page.querySelector<HTMLMetaElement>(`meta[name="${name}"]`)?.content ?? "";
    if (!answer.ok || read("account") !== meta("account")) return false;
    this.csrf = read("csrf");
    return true;
  }
}
