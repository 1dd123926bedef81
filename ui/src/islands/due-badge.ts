import { language, say } from "../words";

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

function unit(amount: number, name: string): string {
  return new Intl.NumberFormat(language, { style: "unit", unit: name, unitDisplay: "long" }).format(amount);
}

/** Seconds as at most two units, the same words `console.durations` writes on the server. */
export function length(seconds: number): string {
  if (seconds < MINUTE) return say("lessThanMinute");
  const [big, small] = seconds >= DAY ? (["day", "hour"] as const) : (["hour", "minute"] as const);
  const [bigSeconds, smallSeconds] = seconds >= DAY ? [DAY, HOUR] : [HOUR, MINUTE];
  const most = Math.floor(seconds / bigSeconds);
  const rest = Math.floor((seconds % bigSeconds) / smallSeconds);
  const parts = [most ? unit(most, big) : "", rest ? unit(rest, small) : ""];
  return parts.filter(Boolean).join(language === "en" ? " " : "");
}

/** `<due-badge at="2026-01-01T08:00:00Z" offset="0">`: the server writes the text, this keeps it true. No seconds, no blinking. */
class DueBadge extends HTMLElement {
  private timer = 0;

  connectedCallback(): void {
    this.timer = window.setInterval(() => this.show(), 20000);
    document.addEventListener("visibilitychange", this.show);
  }

  disconnectedCallback(): void {
    window.clearInterval(this.timer);
    document.removeEventListener("visibilitychange", this.show);
  }

  private show = (): void => {
    const at = Date.parse(this.getAttribute("at") ?? "");
    if (document.hidden || Number.isNaN(at) || this.hasAttribute("paused")) return;
    const seconds = (at - Date.now()) / 1000;
    const text = seconds >= 0 ? say("left", { time: length(seconds) }) : say("late", { time: length(-seconds) });
    if (this.textContent !== text) this.textContent = text;
    this.closest(".badge")?.classList.toggle("badge-late", seconds < 0);
  };
}

export function defineDueBadge(): void {
  customElements.define("due-badge", DueBadge);
}
