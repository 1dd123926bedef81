/** Keeps what was typed in `<form data-draft="key">`, per person and tab, until it has arrived at the server. */
import { forgetCollected, UNSENT } from "../collect/store";
import { say } from "../collect/words";
import { meta } from "../page";
import { toast } from "./toast";

type Kept = Record<string, string[]>;
type Control = HTMLInputElement | HTMLTextAreaElement | HTMLSelectElement;

const prefix = (): string => `draft:${meta("account")}:`;
const SENT = "draft-sent";
const OWED = "draft-owed"; // sent, and answered by the log-in or an error: stands there again as it was typed

/** By address as well: one patient's form never fills another's. */
const keyOf = (form: HTMLFormElement): string => prefix() + form.dataset.draft + location.pathname;

function controls(form: HTMLFormElement): Control[] {
  return [...form.elements].filter(
    (control): control is Control =>
      control instanceof HTMLTextAreaElement || control instanceof HTMLSelectElement ||
      (control instanceof HTMLInputElement && !["password", "file", "hidden", "submit", "button"].includes(control.type)),
  ).filter((control) => control.name && !control.dataset.secret);
}

function keep(form: HTMLFormElement): void {
  const kept: Kept = {};
  for (const control of controls(form)) {
    const list = (kept[control.name] ??= []);
    const box = control instanceof HTMLInputElement && ["checkbox", "radio"].includes(control.type);
    if (!box || (control as HTMLInputElement).checked) list.push(control.value);
  }
  sessionStorage.setItem(keyOf(form), JSON.stringify(kept));
  const saved = form.querySelector<HTMLElement>("[data-draft-saved]");
  if (saved) saved.hidden = false;
}

/** Only empty fields are filled, since what the server sent is newer; all of them where it took nothing. */
function restore(form: HTMLFormElement): void {
  const stored = sessionStorage.getItem(keyOf(form));
  if (!stored) return;
  const owed = sessionStorage.getItem(OWED) === keyOf(form);
  if (owed) sessionStorage.removeItem(OWED);
  const kept = JSON.parse(stored) as Kept;
  const answered = new Set<string>();
  for (const control of controls(form)) if (control instanceof HTMLInputElement && control.checked) answered.add(control.name);
  for (const control of controls(form)) {
    const values = kept[control.name] ?? [];
    if (control instanceof HTMLInputElement && ["checkbox", "radio"].includes(control.type)) {
      if (owed || !answered.has(control.name)) control.checked = values.includes(control.value) || (!owed && control.checked);
    } else if ((owed || !control.value) && values[0]) {
      control.value = values[0];
    }
  }
}

export function forgetDrafts(): void {
  for (const key of Object.keys(sessionStorage)) if (key.startsWith("draft")) sessionStorage.removeItem(key);
  for (const key of Object.keys(localStorage)) if (key.startsWith("upload:")) localStorage.removeItem(key);
}

/** Who logs out leaves nothing behind; but specimens that only this phone knows of are sent first. */
function leave(event: SubmitEvent): void {
  const unsent = Number(localStorage.getItem(UNSENT));
  if (unsent) {
    event.preventDefault();
    return toast(say("unsent", { n: unsent }));
  }
  forgetDrafts();
  forgetCollected();
}

/** Whether this page is the answer to a form: what was taken in leads on to another page, or says so. After an answer
    that never came, because the network or the server broke, a page is opened anew and is neither. */
function answered(): boolean {
  const [way] = performance.getEntriesByType("navigation") as PerformanceNavigationTiming[];
  return !way || way.redirectCount > 0 || document.querySelector(".toast, [data-arrived]") !== null;
}

/** A form that was sent and did not come back with errors has arrived; one that came to the log-in page has not. */
function settle(): void {
  const sent = sessionStorage.getItem(SENT);
  sessionStorage.removeItem(SENT);
  if (!meta("account")) {
    if (sent) sessionStorage.setItem(OWED, sent);
    const waits = document.querySelector<HTMLElement>("[data-draft-waits]");
    if (waits) waits.hidden = !Object.keys(sessionStorage).some((key) => key.startsWith("draft:"));
    return;
  }
  const failed = document.querySelector("[data-error-page], [data-draft] [aria-invalid=true], .form-errors");
  if (sent && !failed && answered()) sessionStorage.removeItem(sent);
}

export function startDrafts(): void {
  settle();
  for (const form of document.querySelectorAll<HTMLFormElement>("form[data-draft]")) restore(form);
  document.addEventListener("htmx:load", (event) => {
    for (const form of (event.target as HTMLElement).querySelectorAll<HTMLFormElement>("form[data-draft]")) restore(form);
  });
  let timer = 0;
  document.addEventListener("input", (event) => {
    const form = (event.target as HTMLElement).closest<HTMLFormElement>("form[data-draft]");
    window.clearTimeout(timer);
    if (form) timer = window.setTimeout(() => keep(form), 250);
  });
  document.addEventListener("submit", (event) => {
    const form = event.target as HTMLFormElement;
    window.clearTimeout(timer);
    if (form.dataset.forget !== undefined) return leave(event);
    if (!form.dataset.draft) return;
    keep(form);
    if (!form.matches("[hx-post], [hx-put], [hx-patch]")) sessionStorage.setItem(SENT, keyOf(form));
  });
  document.addEventListener("htmx:afterRequest", (event) => {
    const { elt, successful } = (event as CustomEvent).detail as { elt: HTMLElement; successful: boolean };
    if (successful && elt instanceof HTMLFormElement && elt.dataset.draft) {
      sessionStorage.removeItem(keyOf(elt));
      if (elt.dataset.draftReset !== undefined) elt.reset();
    }
  });
}
