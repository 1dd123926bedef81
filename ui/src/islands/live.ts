/** Looks again when told to. A pulse carries a channel and a cursor, never content; the page re-reads its fragment by htmx.

    `<section data-live="case:<id>" hx-get="…" hx-trigger="look-again" hx-swap="outerHTML">`
    The page's ticket names the channels it may hear. Without a connection every region looks again each 30 s while the
    page is visible. */
import { meta } from "../page";

export const BY_ITSELF = { "X-Huizhen-By-Itself": "yes" }; // such a request does not count as somebody being there

const POLL = 30000;
const GATHER = 300;
const regions = (): HTMLElement[] => [...document.querySelectorAll<HTMLElement>("[data-live]")];

let socket: WebSocket | null = null;
let attempts = 0;
let ticket = "";
const soon = new Map<HTMLElement, number>();

/** Not under somebody's hands: while a field has focus or an explanation is open, wait. */
function busy(region: HTMLElement): boolean {
  const focus = document.activeElement;
  const typing = focus instanceof HTMLElement && region.contains(focus) && focus.matches("input, textarea, select");
  return typing || region.querySelector("details[open], dialog[open]") !== null;
}

/** Several pulses within a moment are one look. */
function lookAgain(region: HTMLElement, wait = GATHER): void {
  if (soon.has(region)) return;
  const look = (): void => {
    soon.delete(region);
    if (!region.isConnected) return;
    if (busy(region)) lookAgain(region, 4000);
    else region.dispatchEvent(new CustomEvent("look-again"));
  };
  soon.set(region, window.setTimeout(look, wait));
}

function lookAgainAll(): void {
  for (const region of regions()) lookAgain(region);
}

function heard(data: string): void {
  const { c: channel } = JSON.parse(data) as { c: string; n: number };
  if (!channel) return socket?.send("."); // the heartbeat; without an answer the server hangs up
  if (channel === "*") return lookAgainAll();
  for (const region of regions()) if ((region.dataset.live ?? "").split(" ").includes(channel)) lookAgain(region);
}

/** A new ticket comes with a new reading of the page, so that the rights behind it are checked again. */
async function freshTicket(): Promise<string> {
  const answer = await fetch(location.href, { headers: BY_ITSELF, redirect: "error" });
  if (!answer.ok) return "";
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  return page.querySelector<HTMLMetaElement>('meta[name="live-ticket"]')?.content ?? "";
}

async function connect(): Promise<void> {
  ticket ||= await freshTicket().catch(() => "");
  if (!ticket) return retry();
  const url = new URL(meta("live-url"));
  url.searchParams.set("ticket", ticket);
  ticket = "";
  socket = new WebSocket(url);
  socket.onopen = () => {
    if (attempts) lookAgainAll(); // whatever happened meanwhile
    attempts = 0;
  };
  socket.onmessage = (event) => heard(String(event.data));
  socket.onclose = () => {
    socket = null;
    retry();
  };
}

function retry(): void {
  attempts += 1;
  const wait = Math.min(60000, 1000 * 2 ** Math.min(attempts, 6)) * (0.5 + Math.random());
  window.setTimeout(() => void connect(), wait);
}

function poll(): void {
  if (!document.hidden && socket?.readyState !== WebSocket.OPEN) lookAgainAll();
}

export function startLive(): void {
  ticket = meta("live-ticket");
  if (!ticket || !regions().length) return;
  window.setInterval(poll, POLL);
  document.addEventListener("visibilitychange", poll);
  void connect();
}
