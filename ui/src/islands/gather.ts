/** `<form data-gathers>` around a `<tus-upload>`: each finished file, and each zip of which enough has arrived, is given to the
    server at once, so that the first images can be looked at while the rest arrives. Without script, or when it fails, the form sends them all at the end. */
import htmx from "htmx.org";
import { meta } from "../page";
import { toast } from "./toast";

const WAIT = 800;
const RETRY = 5000;

interface Run {
  progress: string;
  add: string;
}

class Gathering {
  private run: Run | null = null;
  private waiting: string[] = [];
  private busy: Promise<void> | null = null;
  private timer = 0;

  constructor(private form: HTMLFormElement) {
    for (const name of ["uploaded", "arriving"])
      form.addEventListener(name, (event) => this.take((event as CustomEvent<{ id: string }>).detail.id));
    form.addEventListener("submit", (event) => this.run && (event.preventDefault(), void this.end()));
  }

  private take(id: string): void {
    this.waiting.push(id);
    this.timer ||= window.setTimeout(() => this.send(), this.run ? WAIT : 0);
  }

  private send(): void {
    this.timer = 0;
    this.busy ??= this.pass().finally(() => {
      this.busy = null;
      if (this.waiting.length && !this.timer) this.timer = window.setTimeout(() => this.send(), RETRY);
    });
  }

  private async pass(): Promise<void> {
    while (this.waiting.length) {
      const ids = this.waiting.splice(0, 500);
      const answer = await this.post(this.run?.add ?? location.pathname, ids, this.run ? {} : { more: "yes" }).catch(() => null);
      if (answer?.ok) {
        if (this.run) continue;
        this.run = (await answer.json()) as Run;
        await htmx.ajax("get", this.run.progress, { target: "#arriving", swap: "innerHTML" });
      } else {
        if (answer && answer.status < 500) return toast(((await answer.json().catch(() => ({}))) as { why?: string }).why ?? "");
        this.waiting.unshift(...ids);
        return;
      }
    }
  }

  private post(address: string, files: string[], more: Record<string, string>): Promise<Response> {
    const body = new URLSearchParams(more);
    for (const id of files) body.append("files", id);
    return fetch(address, { method: "POST", body, headers: { "X-CSRFToken": meta("csrf"), Accept: "application/json" } });
  }

  private async end(): Promise<void> {
    window.clearTimeout(this.timer);
    await this.busy;
    const answer = await this.post(this.run!.add, this.waiting, { last: "yes" }).catch(() => null);
    if (answer?.ok) location.href = this.run!.progress;
    else if (answer && answer.status < 500) toast(((await answer.json().catch(() => ({}))) as { why?: string }).why ?? "");
    else this.form.submit(); // the server knows which of them it has
  }
}

export function startGathering(): void {
  for (const form of document.querySelectorAll<HTMLFormElement>("form[data-gathers]")) new Gathering(form);
}
