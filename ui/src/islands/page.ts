/** Small habits of every page: popovers that close, a strip while offline, printing, filters that apply themselves,
    fields that a scanner types into. */
import { make } from "../page";

export function startPage(): void {
  document.addEventListener("click", (event) => {
    const target = event.target as HTMLElement;
    for (const open of document.querySelectorAll<HTMLDetailsElement>("details.popover[open]"))
      if (!open.contains(target)) open.open = false;
    if (target.closest("[data-prints]")) window.print();
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    for (const open of document.querySelectorAll<HTMLDetailsElement>("details.popover[open]")) {
      open.open = false;
      if (open.contains(document.activeElement)) open.querySelector("summary")?.focus();
    }
  });
  document.addEventListener("change", (event) => {
    const control = event.target as HTMLElement;
    if (control.closest("[data-applies]")) control.closest("form")?.requestSubmit();
  });
  const strip = document.querySelector<HTMLElement>(".offline");
  const show = (): void => {
    if (strip) strip.hidden = navigator.onLine;
  };
  window.addEventListener("online", show);
  window.addEventListener("offline", show);
  document.querySelector<HTMLElement>(".form-errors")?.focus();
  document.querySelectorAll<HTMLElement>(".tabs [aria-current]").forEach(intoSight);
  startScanning();
}

/** A scanner ends every code with Enter. In `[data-scanned]` that goes on to the next field instead of sending the form;
    beneath `<textarea data-counts="… {n} …">` stands how many codes it holds. */
function startScanning(): void {
  document.addEventListener("keydown", (event) => {
    const field = event.target as HTMLElement;
    if (event.key !== "Enter" || event.isComposing || !(field instanceof HTMLInputElement) || field.dataset.scanned === undefined) return;
    event.preventDefault();
    const fields = [...field.form!.elements].filter((one) => one instanceof HTMLInputElement || one instanceof HTMLTextAreaElement);
    (fields[fields.indexOf(field) + 1] as HTMLElement | undefined)?.focus();
  });
  for (const area of document.querySelectorAll<HTMLTextAreaElement>("textarea[data-counts]")) {
    const said = make("p", { class: "field-hint number", role: "status" });
    area.after(said);
    const count = (): void => {
      const n = area.value.split(/\s+/).filter(Boolean).length;
      said.textContent = n ? area.dataset.counts!.replace("{n}", String(n)) : "";
    };
    area.addEventListener("input", count);
    count();
  }
}

/** On a phone a row of tabs is wider than the screen: the one that is open stands in its middle. */
function intoSight(tab: HTMLElement): void {
  const [here, row] = [tab.getBoundingClientRect(), tab.parentElement!.getBoundingClientRect()];
  tab.parentElement!.scrollLeft += here.left - row.left - (row.width - here.width) / 2;
}
