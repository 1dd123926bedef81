/** Asks before grave acts, with the one <dialog id="confirm"> of the frame. `data-confirm` holds the question. */
export function ask(question: string, detail: string, yes: string, agree: () => void): void {
  const dialog = document.querySelector<HTMLDialogElement>("#confirm");
  const button = dialog?.querySelector<HTMLButtonElement>("[value=yes]");
  if (!dialog || !button) return agree();
  dialog.querySelector("h2")!.textContent = question;
  dialog.querySelector("p")!.textContent = detail;
  button.textContent = yes;
  dialog.returnValue = "";
  dialog.addEventListener("close", () => dialog.returnValue === "yes" && agree(), { once: true });
  dialog.showModal();
}

export function startConfirm(): void {
  const agreed = new WeakSet<HTMLElement>();
  document.addEventListener("submit", (event) => {
    const submitter = event.submitter as HTMLElement | null;
    const form = event.target as HTMLFormElement;
    const asking = submitter?.dataset.confirm ? submitter : form.dataset.confirm ? form : null;
    if (!asking || agreed.delete(asking)) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    const { confirm = "", confirmDetail = "", confirmButton } = asking.dataset;
    ask(confirm, confirmDetail, confirmButton ?? asking.textContent?.trim() ?? "", () => {
      agreed.add(asking);
      form.requestSubmit(submitter);
    });
  }, true);

  document.addEventListener("click", (event) => {
    const target = event.target as HTMLElement;
    const opens = target.closest<HTMLElement>("[data-opens]")?.dataset.opens;
    if (opens) document.querySelector<HTMLDialogElement>(`dialog#${CSS.escape(opens)}`)?.showModal();
    if (target.closest("[data-closes]")) target.closest("dialog")?.close();
    if (target instanceof HTMLDialogElement && target.open && outside(target, event)) target.close();
  });
}

function outside(dialog: HTMLDialogElement, event: MouseEvent): boolean {
  const box = dialog.getBoundingClientRect();
  if (!event.clientX && !event.clientY) return false; // a click made by the keyboard
  return event.clientX < box.left || event.clientX > box.right || event.clientY < box.top || event.clientY > box.bottom;
}
