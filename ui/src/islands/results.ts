/** Asks the look-up whether there is something new, calmly: about every half minute while the page is seen, later when it is told so.

    `<result-watch data-lookup="https://…/lookup/results" data-token="/me/results/…/token/"><p hidden>…<a>…</a></p></result-watch>` */
import { BY_ITSELF } from "./live";

const CALM = 30000;

class ResultWatch extends HTMLElement {
  private token = "";
  private seen = "";
  private timer = 0;

  connectedCallback(): void {
    const link = this.querySelector("a");
    if (link) link.href = location.href;
    document.addEventListener("visibilitychange", this.wake);
    void this.look();
  }

  disconnectedCallback(): void {
    document.removeEventListener("visibilitychange", this.wake);
    window.clearTimeout(this.timer);
  }

  private readonly wake = (): void => {
    if (!document.hidden) this.later(1000);
  };

  private later(wait: number): void {
    window.clearTimeout(this.timer);
    this.timer = window.setTimeout(() => void this.look(), wait * (0.8 + Math.random() * 0.4));
  }

  /** The first answer is what the page already shows; any other one is news. */
  private async look(): Promise<void> {
    if (document.hidden) return;
    try {
      this.token ||= await this.fetchToken();
      const answer = await fetch(this.dataset.lookup ?? "", { headers: { Authorization: `Bearer ${this.token}` }, cache: "no-store", credentials: "omit" });
      if (answer.status === 401) this.token = "";
      if (answer.ok) this.compare(await answer.text());
      this.later(answer.status === 503 ? Number(answer.headers.get("Retry-After") ?? 5) * 1000 : CALM);
    } catch {
      this.later(CALM); // no network: the page stays as it is, and asks again
    }
  }

  private compare(body: string): void {
    const note = this.querySelector<HTMLElement>("p");
    if (note && this.seen && body !== this.seen) note.hidden = false;
    this.seen ||= body;
  }

  private async fetchToken(): Promise<string> {
    const answer = await fetch(this.dataset.token ?? "", { headers: BY_ITSELF, redirect: "error" });
    return answer.ok ? ((await answer.json()) as { token: string }).token : "";
  }
}

export function defineResultWatch(): void {
  customElements.define("result-watch", ResultWatch);
}
