/** The desk of a collector: one field that takes every code, the tube at hand, and what has not been sent yet.

    `<collect-desk data-send="/api/v1/lab/collections" data-worker="/lab/collect/worker.js">`; its parts carry `data-part`. */
import { toast } from "../islands/toast";
import { make, meta, part } from "../page";
import { hearScanner } from "./keys";
import { Lists } from "./lists";
import { hidden, recognise, type Person } from "./recognise";
import { Sender } from "./sender";
import { Store, type Kept, type Tube } from "./store";
import { say } from "./words";

type AtHand = { client_id: string; barcode: string; persons: Person[]; order?: number; why?: string };
type Chosen = { site: string; test: string; capacity: string; doctor?: string };
const CHOICES = ["site", "test", "capacity", "doctor"] as const;

const fresh = (): AtHand => ({ client_id: crypto.randomUUID(), barcode: "", persons: [] });

export class CollectDesk extends HTMLElement {
  private store!: Store;
  private sender!: Sender;
  private lists!: Lists;
  private hand: AtHand = fresh();
  private readonly used = new Set<string>();
  private stopCamera: (() => void) | null = null;

  connectedCallback(): void {
    if (!window.isSecureContext) return this.tell(say("noKeeping"));
    void this.start();
  }

  private get field(): HTMLInputElement {
    return part<HTMLInputElement>(this, "field");
  }

  private async start(): Promise<void> {
    this.store = await Store.open(meta("account"));
    const kept = await this.store.desk<{ hand: AtHand; chosen: Chosen }>();
    this.hand = kept?.hand ?? this.hand;
    this.choose(kept?.chosen);
    this.lists = new Lists(this, this.store, (kept, why) => void this.mend(kept, why), () => void this.refresh());
    this.sender = new Sender(this.store, this.dataset.send!, () => void this.refresh());
    this.listen();
    this.field.focus();
    this.show();
    await this.refresh();
    this.sender.kick();
    void navigator.serviceWorker?.register(this.dataset.worker!);
  }

  private listen(): void {
    const form = part<HTMLFormElement>(this, "scan");
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const text = this.field.value;
      this.field.value = "";
      this.take(text);
    });
    hearScanner(this.field, (text) => this.take(text));
    part(this, "close").addEventListener("click", () => void this.close());
    const camera = part<HTMLButtonElement>(this, "camera");
    camera.addEventListener("click", () => void this.camera());
    camera.disabled = false; // before, a click would have been lost
    part(this, "test").addEventListener("change", () => this.chooseTest());
    part(this, "site").addEventListener("change", () => this.chooseSite());
    for (const name of CHOICES) part(this, name).addEventListener("change", () => this.keep());
    part<HTMLFormElement>(this, "person").addEventListener("submit", (event) => {
      event.preventDefault();
      this.addTyped(event.target as HTMLFormElement);
    });
  }

  /** As chosen before; what is no longer offered falls back to the first. */
  private choose(chosen?: Chosen): void {
    const has = (name: "site" | "test"): boolean => [...part<HTMLSelectElement>(this, name).options].some((one) => one.value === chosen?.[name]);
    for (const name of ["site", "test"] as const) if (chosen && has(name)) part<HTMLSelectElement>(this, name).value = chosen[name];
    this.chooseSite(chosen?.doctor);
    this.chooseTest();
    if (chosen && has("test")) part<HTMLSelectElement>(this, "capacity").value = chosen.capacity;
  }

  private keep(): void {
    const chosen = Object.fromEntries(CHOICES.map((name) => [name, part<HTMLSelectElement>(this, name).value]));
    void this.store.keepDesk({ hand: this.hand, chosen });
    this.show();
  }

  /** The doctors of the chosen site's hospital; who is not among them falls back to nobody. */
  private chooseSite(doctor = part<HTMLSelectElement>(this, "doctor").value): void {
    const site = part<HTMLSelectElement>(this, "site").value;
    const select = part<HTMLSelectElement>(this, "doctor");
    for (const one of select.options) one.hidden = one.disabled = one.value !== "" && !one.dataset.sites!.split(" ").includes(site);
    select.value = [...select.options].some((one) => one.value === doctor && !one.disabled) ? doctor : "";
  }

  /** The chosen test says how many persons usually share a tube, and whether they may. */
  private chooseTest(): void {
    const option = part<HTMLSelectElement>(this, "test").selectedOptions[0];
    const capacity = part<HTMLSelectElement>(this, "capacity");
    for (const one of capacity.options) one.disabled = one.value !== "1" && option?.dataset.poolable !== "yes";
    capacity.value = option?.dataset.capacity ?? "1";
  }

  private get capacity(): number {
    return Number(part<HTMLSelectElement>(this, "capacity").value);
  }

  private take(text: string): void {
    if (!text.trim()) return;
    const site = part<HTMLSelectElement>(this, "site").selectedOptions[0]?.dataset.code ?? "";
    const seen = recognise(text, site);
    if (seen.is === "wrong") return this.tell(say(seen.why));
    if (seen.is === "barcode") return this.addTube(seen.barcode);
    if (seen.is === "code") return void this.addPerson({ code: seen.code });
    this.askName(seen.number);
  }

  private addTube(barcode: string): void {
    if (barcode === this.hand.barcode) return;
    if (this.hand.barcode) return this.tell(say("tubeInTube", { barcode: this.hand.barcode }));
    if (this.used.has(barcode)) return this.tell(say("usedHere", { barcode }));
    this.hand.barcode = barcode;
    this.changed();
  }

  /** The number is known, the name may be missing: somebody registered before need not give it. */
  private askName(number: string): void {
    const form = part<HTMLFormElement>(this, "person");
    part<HTMLDetailsElement>(this, "typing").open = true;
    (form.elements.namedItem("kind") as HTMLSelectElement).value = "resident";
    (form.elements.namedItem("number") as HTMLInputElement).value = number;
    (form.elements.namedItem("name") as HTMLInputElement).focus();
    this.tell(say("name"));
  }

  private addTyped(form: HTMLFormElement): void {
    const values = Object.fromEntries(new FormData(form)) as Record<string, string>;
    const seen = values.kind === "resident" ? recognise(values.number ?? "", "") : null;
    if (seen && seen.is !== "resident") return this.tell(say("wrongNumber"));
    if (!values.number?.trim()) return this.tell(say("needsPerson"));
    const number = seen?.is === "resident" ? seen.number : values.number.trim().toUpperCase();
    const more = seen ? {} : { sex: values.sex ?? "", birth_on: values.birth_on ?? "" };
    if (!this.addPerson({ kind: values.kind!, number, name: values.name?.trim() ?? "", ...more })) return;
    form.reset();
    part<HTMLDetailsElement>(this, "typing").open = false;
    this.field.focus();
  }

  private addPerson(person: Person): boolean {
    const same = (one: Person): boolean => (person.code ? one.code === person.code : one.kind === person.kind && one.number === person.number);
    const refused = this.hand.persons.some(same) ? "twice" : this.hand.persons.length >= this.capacity ? "full" : null;
    if (refused) {
      this.tell(say(refused));
      return false;
    }
    this.hand.persons.push(person);
    this.changed();
    return true;
  }

  /** Kept at once; a tube that has its label and all its persons closes by itself. */
  private changed(): void {
    navigator.vibrate?.(60);
    this.hand.why = "";
    this.tell("");
    this.keep();
    if (this.hand.barcode && this.hand.persons.length === this.capacity) void this.close();
  }

  private async close(): Promise<void> {
    const { hand } = this;
    if (!hand.persons.length) return this.tell(say("empty"));
    if (!hand.barcode) return this.tell(say("needsTube"));
    this.hand = fresh();
    const tube = this.tube(hand);
    await this.store.add(tube, hand.order);
    this.used.add(tube.barcode);
    this.keep();
    this.tell(say("saved", { barcode: tube.barcode, n: tube.persons.length }));
    await this.refresh();
    this.sender.kick();
    this.field.focus();
  }

  private tube({ client_id, barcode, persons }: AtHand): Tube {
    const test = part<HTMLSelectElement>(this, "test").selectedOptions[0]!;
    return {
      client_id, barcode, persons, capacity: this.capacity, site_id: part<HTMLSelectElement>(this, "site").value,
      campaign_id: test.dataset.campaign || null, panel: test.dataset.panel!, collected_at: new Date().toISOString(),
      doctor: part<HTMLSelectElement>(this, "doctor").value,
    };
  }

  /** A refused tube comes back to the desk, with the same key: whatever becomes of it, it is one tube. */
  private async mend({ tube, order }: Kept, why: string): Promise<void> {
    if (this.hand.barcode || this.hand.persons.length) return this.tell(say("deskBusy"));
    this.hand = { client_id: tube.client_id, barcode: "", persons: tube.persons, order, why: say("mending", { barcode: tube.barcode, why }) };
    this.used.delete(tube.barcode);
    const test = part<HTMLSelectElement>(this, "test");
    const same = [...test.options].find((one) => one.dataset.panel === tube.panel && (one.dataset.campaign || null) === tube.campaign_id);
    if (same) test.value = same.value;
    part<HTMLSelectElement>(this, "capacity").value = String(tube.capacity);
    this.chooseSite(tube.doctor ?? ""); // one kept before the page knew doctors has none
    this.keep();
    this.tell(this.hand.why ?? "");
    this.field.focus();
  }

  private show(): void {
    const { barcode, persons, why } = this.hand;
    part(this, "chosen").textContent = CHOICES.map((name) => part<HTMLSelectElement>(this, name).selectedOptions[0]).filter((one) => one?.value).map((one) => one!.text).join(" · ");
    part(this, "barcode").textContent = barcode || say("noTube");
    part(this, "barcode").classList.toggle("collect-missing", !barcode);
    part(this, "seats").textContent = say("seats", { n: persons.length, of: this.capacity });
    part(this, "persons").replaceChildren(...persons.map((one, place) => this.seat(one, place)));
    const ready = barcode !== "" && persons.length > 0;
    part<HTMLButtonElement>(this, "close").classList.toggle("btn-primary", ready);
    part<HTMLButtonElement>(this, "close").classList.toggle("btn-secondary", !ready);
    part(this, "next").textContent = persons.length ? (barcode ? "" : say("needsTube")) : say("needsPerson");
    if (why) this.tell(why);
  }

  private seat(person: Person, place: number): HTMLElement {
    const who = person.code ? say("byCode", { end: person.code.slice(-4) }) : hidden(person.number ?? "");
    const remove = make("button", { type: "button", class: "btn btn-quiet", "aria-label": say("removePerson", { who: person.name || who }) }, say("remove"));
    remove.addEventListener("click", () => {
      this.hand.persons.splice(place, 1);
      this.keep();
    });
    const line = make("span", { class: "collect-who" }, make("strong", {}, person.name || say("person", { n: place + 1 })), make("span", { class: "quiet small" }, person.name ? who : `${who} · ${say("named")}`));
    return make("li", { class: "collect-seat" }, line, remove);
  }

  private tell(text: string): void {
    part(this, "said").textContent = text;
  }

  private async refresh(): Promise<void> {
    await this.lists.show(this.sender.standing);
  }

  private async camera(): Promise<void> {
    const box = part(this, "view");
    if (this.stopCamera) {
      this.stopCamera();
      this.stopCamera = null;
      box.hidden = true;
      return this.field.focus();
    }
    try {
      const { watch } = await import("./camera");
      box.hidden = false;
      this.stopCamera = await watch(part<HTMLVideoElement>(this, "video"), (text) => this.take(text));
    } catch {
      box.hidden = true;
      toast(say("camera"));
    }
  }
}

export function defineCollectDesk(): void {
  customElements.define("collect-desk", CollectDesk);
}
