/** A scanner that types: a fast run of keys ended by Enter, wherever the caret stands. */

const FAST = 40; // milliseconds between two keys; nobody types like that
const SHORTEST = 5;

/** Calls `take` with the run; what it left in another field than `field` is taken out again. */
export function hearScanner(field: HTMLInputElement, take: (text: string) => void): void {
  let run = "";
  let last = 0;
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey || event.isComposing) return;
    const gap = event.timeStamp - last;
    last = event.timeStamp;
    if (event.key.length === 1) {
      run = gap < FAST ? run + event.key : event.key;
      return;
    }
    if (event.key !== "Enter" || gap >= FAST || run.length < SHORTEST) return;
    if (document.activeElement === field) return void (run = ""); // its own form takes it
    event.preventDefault();
    const other = document.activeElement;
    if (other instanceof HTMLInputElement && other.value.endsWith(run)) other.value = other.value.slice(0, -run.length);
    const text = run;
    run = "";
    take(text);
  }, true);
}
