/** Whoever changes the language in the middle of writing finds what was typed, on the same page in the other language. */
type Control = HTMLInputElement | HTMLTextAreaElement | HTMLSelectElement;
type Typed = { form: number; place: number; name: string; values: string[] };

const KEY = "draft-spoken"; // forgotten with the drafts by who logs out

const forms = (): HTMLFormElement[] => [...document.querySelectorAll<HTMLFormElement>("main form")];
const isBox = (control: Control): control is HTMLInputElement =>
  control instanceof HTMLInputElement && ["checkbox", "radio"].includes(control.type);

function isControl(element: Element): element is Control {
  if (element instanceof HTMLInputElement)
    return !["password", "file", "hidden", "submit", "button"].includes(element.type) && !element.dataset.secret;
  return element instanceof HTMLTextAreaElement || element instanceof HTMLSelectElement;
}

/** The values of a field, where they are no longer those that the page came with. */
function changed(control: Control): string[] | null {
  if (isBox(control)) return control.checked === control.defaultChecked ? null : control.checked ? ["on"] : [];
  if (control instanceof HTMLSelectElement) {
    const options = [...control.options];
    if (!options.some((option) => option.selected !== option.defaultSelected)) return null;
    return options.filter((option) => option.selected).map((option) => option.value);
  }
  return control.value === control.defaultValue ? null : [control.value];
}

function remember(): void {
  const typed: Typed[] = [];
  forms().forEach((form, number) =>
    [...form.elements].forEach((element, place) => {
      const values = isControl(element) ? changed(element) : null;
      if (values) typed.push({ form: number, place, name: (element as Control).name, values });
    }),
  );
  sessionStorage.setItem(KEY, JSON.stringify({ path: location.pathname + location.search, typed }));
}

function write(control: Control, values: string[]): void {
  if (isBox(control)) control.checked = values.length > 0;
  else if (control instanceof HTMLSelectElement)
    for (const option of control.options) option.selected = values.includes(option.value);
  else control.value = values[0] ?? "";
}

function bringBack(): void {
  const { path, typed } = JSON.parse(sessionStorage.getItem(KEY) ?? "{}") as { path?: string; typed?: Typed[] };
  sessionStorage.removeItem(KEY);
  if (path !== location.pathname + location.search) return;
  const touched = new Set<Control>();
  for (const one of typed ?? []) {
    const control = forms()[one.form]?.elements[one.place];
    if (!control || !isControl(control) || control.name !== one.name) continue;
    write(control, one.values);
    touched.add(control);
  }
  for (const control of touched) control.dispatchEvent(new Event("input", { bubbles: true }));
}

export function startLanguage(): void {
  bringBack();
  document.addEventListener("submit", (event) => {
    if ((event.target as HTMLElement).querySelector(":scope > input[name=language]")) remember();
  });
}
