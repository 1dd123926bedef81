/** `<tus-upload endpoint="…" field="files" purpose="imaging" limit="1073741824">` around a file input and an empty list. */
import { make } from "../page";
import { say, size } from "../words";
import { Transfer, type Progress } from "./tus";

class TusUpload extends HTMLElement {
  private transfers = new Set<Transfer>();

  connectedCallback(): void {
    const input = this.querySelector<HTMLInputElement>("input[type=file]");
    input?.addEventListener("change", () => {
      this.take(input.files);
      input.value = "";
    });
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
    for (const file of files ?? []) this.add(file);
  }

  private add(file: File): void {
    const state = make("span", { class: "upload-state", role: "status" }, say("waiting"));
    const bar = make("progress", { max: "100", value: "0", "aria-label": file.name });
    const pause = make("button", { type: "button", class: "btn btn-quiet" }, say("pause"));
    const remove = make("button", { type: "button", class: "btn btn-quiet", "aria-label": say("removeFile", { name: file.name }) }, say("remove"));
    const buttons = make("span", { class: "upload-buttons" }, pause, remove);
    const row = make("li", { class: "upload" }, make("span", { class: "upload-name" }, file.name), buttons, bar, state);
    this.querySelector(".uploads")?.append(row);

    const limit = Number(this.getAttribute("limit") ?? 0);
    const transfer = new Transfer(file, this.getAttribute("endpoint") ?? "", this.getAttribute("purpose") ?? "", (now) =>
      this.show(row, bar, state, pause, transfer, now),
    );
    this.transfers.add(transfer);
    pause.addEventListener("click", () => (transfer.running ? transfer.pause() : transfer.resume()));
    remove.addEventListener("click", () => {
      transfer.cancel();
      this.transfers.delete(transfer);
      row.remove();
    });
    if (limit && file.size > limit) transfer.refuse(say("tooLarge", { limit: size(limit) }));
    else transfer.resume();
  }

  private show(row: HTMLElement, bar: HTMLProgressElement, state: HTMLElement, pause: HTMLElement, transfer: Transfer, now: Progress): void {
    const percent = Math.floor(now.percent);
    bar.value = percent;
    pause.textContent = say(transfer.running ? "pause" : "resume");
    if (now.kind === "sending") state.textContent = say("sending", { percent, done: size(now.done), total: size(now.total) });
    if (now.kind === "paused") state.textContent = say("paused", { percent });
    if (now.kind === "retrying") state.textContent = say("retrying", { percent, seconds: now.seconds });
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
