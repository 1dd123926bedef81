/** `<mix-desk>`: the page works without it; with it the scanner may type on while the last scan is looked at, wherever
    the caret stands, and the camera reads codes too. The list is the server's; its address is kept in the bar. */
import htmx from "htmx.org";
import { hearScanner } from "../collect/keys";
import { say } from "../collect/words";
import { part } from "../page";
import { toast } from "./toast";

class MixDesk extends HTMLElement {
  private readonly waiting: string[] = [];
  private busy = false;
  private stopCamera: (() => void) | null = null;

  connectedCallback(): void {
    const field = part<HTMLInputElement>(this, "field");
    part<HTMLFormElement>(this, "scan").addEventListener("submit", (event) => {
      event.preventDefault();
      this.take(field.value);
      field.value = "";
    });
    hearScanner(field, (text) => this.take(text));
    const camera = part<HTMLButtonElement>(this, "camera");
    camera.addEventListener("click", () => void this.camera());
    camera.disabled = false; // before, a click would have been lost
    field.focus();
  }

  private take(text: string): void {
    if (!text.trim()) return;
    this.waiting.push(text.trim());
    if (!this.busy) void this.work();
  }

  /** One after the other: what the next scan means depends on the list that the last one made. */
  private async work(): Promise<void> {
    this.busy = true;
    while (this.waiting.length) {
      const address = new URL(part(this, "list").dataset.address!, location.href);
      address.searchParams.set("scan", this.waiting[0]!);
      const arrived = await htmx.ajax("get", address.pathname + address.search, { target: "#mixing", select: "#mixing", swap: "outerHTML" }).then(() => true, () => false);
      if (!arrived) {
        part<HTMLInputElement>(this, "field").value = this.waiting.splice(0)[0]!; // Enter takes it once more
        break;
      }
      this.waiting.shift();
      history.replaceState(null, "", part(this, "list").dataset.address!);
      navigator.vibrate?.(60);
    }
    this.busy = false;
  }

  private async camera(): Promise<void> {
    const box = part(this, "view");
    if (this.stopCamera) {
      this.stopCamera();
      this.stopCamera = null;
      box.hidden = true;
      return part(this, "field").focus();
    }
    try {
      const { watch } = await import("../collect/camera");
      box.hidden = false;
      this.stopCamera = await watch(part<HTMLVideoElement>(this, "video"), (text) => this.take(text));
    } catch {
      box.hidden = true;
      toast(say("camera"));
    }
  }
}

export function defineMixDesk(): void {
  customElements.define("mix-desk", MixDesk);
}
