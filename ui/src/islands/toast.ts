import { make } from "../page";
import { say } from "../words";

/** Say one thing at the bottom of the page; it stays long enough to be read, or until closed. */
export function toast(text: string): void {
  const place = document.querySelector(".toasts");
  if (!place) return;
  const close = make("button", { type: "button", class: "btn btn-quiet" }, say("close"));
  const one = make("div", { class: "toast", role: "status" }, make("span", {}, text), close);
  close.addEventListener("click", () => one.remove());
  place.append(one);
  while (place.children.length > 3) place.firstElementChild?.remove();
  window.setTimeout(() => one.remove(), 6000 + text.length * 80);
}

export function startToasts(): void {
  document.addEventListener("click", (event) => {
    const target = event.target as HTMLElement;
    if (target.closest("[data-dismiss]")) target.closest(".toast")?.remove();
  });
  document.addEventListener("toast", (event) => toast(String((event as CustomEvent).detail.value)));
}
