/** `<tus-upload endpoint="…" field="files" purpose="imaging" limit="1073741824">` around a file input and an empty list. */
import { make } from "../page";
import { say, size } from "../words";
import { Transfer, type Progress } from "./tus";

const AT_ONCE = 4; // a browser opens six connections to one host: some are left for the page itself
const EARLY = 4 << 20; // bytes of a zip after which its first images may be looked at, then again after each so many
const AGAIN = 32 << 20;
const SHOWN = 12; // of a folder full of slices one line says enough

class TusUpload extends HTMLElement {
  private transfers = new Set<Transfer>();
  private queue: Transfer[] = [];
  private under = new Set<Transfer>();
  private finished = 0;
  private crowd: HTMLElement | null = null;

  connectedCallback(): void {
    const input = this.querySelector<HTMLInputElement>("input[type=file]");
    const choose = (): void => {
      if (!input?.files?.length) return;
      this.take(input.files);
      input.value = "";
    };
    input?.addEventListener("change", choose);
    // What somebody chose before anybody listened, on a slow line, is taken as well.
    queueMicrotask(choose);
    const drop = this.querySelector<HTMLElement>(".drop");
    for (const name of ["dragover", "dragleave", "drop"])
      drop?.addEventListener(name, (event) => {
        event.preventDefault();
        drop.classList.toggle("drop-over", name === "dragover");
        if (name === "drop") this.take((event as DragEvent).dataTransfer?.files ?? null);
      });
    window.addEventListener("beforeunload", this.warn);
  }

  disconnectedCallback(): void {
    window.removeEventListener("beforeunload", this.warn);
    for (const transfer of this.transfers) transfer.pause();
  }

  private warn = (event: BeforeUnloadEvent): void => {
    if ([...this.transfers].some((transfer) => transfer.running)) event.preventDefault();
  };

  private take(files: FileList | null): void {
    const many = (files?.length ?? 0) > SHOWN;
    if (many && !this.crowd) {
      this.crowd = make("p", { class: "upload-state", role: "status" });
      this.querySelector(".uploads")?.before(this.crowd);
    }
    for (const file of files ?? []) this.add(file, many);
    this.count();
  }

  /** Start what waits, and say how far a crowd of files is. A finished one of a crowd needs no line of its own. */
  private next(done?: Transfer): void {
    if (done && this.under.delete(done)) this.finished += 1;
    while (this.under.size < AT_ONCE && this.queue.length) {
      const transfer = this.queue.shift()!;
      this.under.add(transfer);
      transfer.resume();
    }
    this.count();
  }

  private count(): void {
    if (this.crowd) this.crowd.textContent = say("crowd", { done: this.finished, total: this.transfers.size });
  }

  private add(file: File, many: boolean): void {
    const state = make("span", { class: "upload-state", role: "status" }, say("waiting"));
    const bar = make("progress", { max: "100", value: "0", "aria-label": file.name });
    const pause = make("button", { type: "button", class: "btn btn-quiet" }, say("pause"));
    const remove = make("button", { type: "button", class: "btn btn-quiet", "aria-label": say("removeFile", { name: file.name }) }, say("remove"));
    const buttons = make("span", { class: "upload-buttons" }, pause, remove);
    const row = make("li", { class: "upload" }, make("span", { class: "upload-name" }, file.name), buttons, bar, state);
    this.querySelector(".uploads")?.append(row);

    const limit = Number(this.getAttribute("limit") ?? 0);
    let told = /\.zip$/i.test(file.name) ? EARLY : Infinity;
    const transfer = new Transfer(file, this.getAttribute("endpoint") ?? "", this.getAttribute("purpose") ?? "", (now) => {
      this.show(row, bar, state, pause, transfer, now);
      if (now.kind === "sending") row.hidden = false;
      if (now.kind === "sending" && now.done >= told) {
        told = now.done + AGAIN;
        this.dispatchEvent(new CustomEvent("arriving", { bubbles: true, detail: { id: now.id } }));
      }
      if (now.kind === "done") row.hidden = many;
      if (now.kind === "done" || now.kind === "refused") this.next(transfer);
    });
    this.transfers.add(transfer);
    row.hidden = many;
    pause.addEventListener("click", () => (transfer.running ? transfer.pause() : transfer.resume()));
    remove.addEventListener("click", () => {
      transfer.cancel();
      this.transfers.delete(transfer);
      this.queue = this.queue.filter((one) => one !== transfer);
      if (this.under.delete(transfer)) this.next();
      row.remove();
    });
    if (limit && file.size > limit) transfer.refuse(say("tooLarge", { limit: size(limit) }));
    else {
      this.queue.push(transfer);
      this.next();
    }
  }

  private show(row: HTMLElement, bar: HTMLProgressElement, state: HTMLElement, pause: HTMLElement, transfer: Transfer, now: Progress): void {
    const percent = Math.floor(now.percent);
    bar.value = percent;
    pause.textContent = say(transfer.running ? "pause" : "resume");
    if (now.kind === "sending") state.textContent = say("sending", { percent, done: size(now.done), total: size(now.total) });
    if (now.kind === "paused") state.textContent = say("paused", { percent });
    if (now.kind === "retrying") state.textContent = say(now.full ? "storeFull" : "retrying", { percent, seconds: now.seconds });
    if (now.kind === "checking") state.textContent = say("checking");
    if (now.kind === "done" || now.kind === "refused") {
      bar.hidden = pause.hidden = true;
      row.classList.toggle("upload-refused", now.kind === "refused");
      state.textContent = now.kind === "done" ? say("uploaded", { total: size(now.total) }) : say("refused", { why: now.why });
    }
    if (now.kind === "done") {
      row.append(make("input", { type: "hidden", name: this.getAttribute("field") ?? "files", value: now.id }));
      this.dispatchEvent(new CustomEvent("uploaded", { bubbles: true, detail: { id: now.id, name: row.querySelector(".upload-name")?.textContent } }));
    }
  }
}

export function defineUpload(): void {
  customElements.define("tus-upload", TusUpload);
}
