/** What waits on this phone: a count that is always seen, what has to be put right, and what has not been sent. */
import { ask } from "../islands/confirm";
import { make, part } from "../page";
import type { Standing } from "./sender";
import type { Kept, Store } from "./store";
import { say } from "./words";

export class Lists {
  constructor(
    private readonly desk: HTMLElement,
    private readonly store: Store,
    private readonly mend: (kept: Kept, why: string) => void,
    private readonly changed: () => void,
  ) {}

  async show(standing: Standing): Promise<void> {
    const all = await this.store.list();
    const waiting = all.filter((one) => one.state === "waiting");
    const faulty = all.filter((one) => one.state === "mend");
    part(this.desk, "count").textContent = waiting.length ? say("notSent", { n: waiting.length }) : say("allSent");
    part(this.desk, "how").textContent = waiting.length ? how(standing) : "";
    part(this.desk, "count").classList.toggle("badge-late", waiting.length > 0);
    part(this.desk, "count").classList.toggle("badge-ended", waiting.length === 0);
    const others = await this.store.others();
    part(this.desk, "others").textContent = others ? say("others", { n: others }) : "";
    this.fill("mends", faulty.map((one) => this.fault(one)));
    this.fill("waits", waiting.map((one) => make("li", { class: "row" }, title(one))));
  }

  private fill(name: string, rows: HTMLElement[]): void {
    part(this.desk, name).replaceChildren(...rows);
    part(this.desk, name).closest("section")!.hidden = rows.length === 0;
  }

  private fault(one: Kept): HTMLElement {
    const why = one.faults.map((fault) => fault.says).join(" ");
    const mend = make("button", { type: "button", class: "btn btn-secondary" }, say("mend"));
    mend.addEventListener("click", () => this.mend(one, why));
    const drop = make("button", { type: "button", class: "btn btn-quiet" }, say(one.kept ? "left" : "drop"));
    const values = { barcode: one.tube.barcode, n: one.tube.persons.length };
    const gone = (): void => void this.store.remove([one.order]).then(this.changed);
    drop.addEventListener("click", () => {
      if (one.kept) return gone(); // the server has it, and somebody has a case of it
      ask(say("dropAsk"), say("dropDetail", values), say("drop"), gone);
    });
    return make("li", { class: "row" }, title(one), make("span", { class: "field-error" }, why), make("span", { class: "form-actions" }, mend, drop));
  }
}

function title({ tube }: Kept): HTMLElement {
  const at = new Date(tube.collected_at).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
  const text = say("mendTitle", { barcode: tube.barcode, n: tube.persons.length });
  return make("span", {}, make("strong", { class: "number" }, text), make("span", { class: "quiet small" }, ` ${at}`));
}

function how(standing: Standing): string {
  if (standing.is === "waits") return say("waits", { seconds: standing.seconds });
  if (standing.is === "login") return say("logIn");
  if (standing.is === "sending") return say("sending");
  return navigator.onLine ? "" : say("offline");
}
