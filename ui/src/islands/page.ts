/** Small habits of every page: popovers that close, a strip while offline, printing, filters that apply themselves. */
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
}
