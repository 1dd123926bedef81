/** Looks again when told to. A pulse carries a channel and a cursor, never content; the page re-reads its fragment by htmx.

    `<section data-live="case:<id>" hx-get="…" hx-trigger="look-again" hx-swap="outerHTML">`
    Without a connection every region looks again each 30 s while the page is visible. */
import { meta } from "../page";

const POLL = 30000;
const regions = (): HTMLElement[] => [...document.querySelectorAll<HTMLElement>("[data-live]")];

let socket: WebSocket | null = null;
let attempts = 0;
let ticket = "";
let watched = "";
const cursors = new Map<string, number>();

/** Not under somebody's hands: while a field has focus or an explanation is open, wait. */
function busy(region: HTMLElement): boolean {
  const focus = document.activeElement;
  const typing = focus instanceof HTMLElement && region.contains(focus) && focus.matches("input, textarea, select");
  return typing || region.querySelector("details[open], dialog[open]") !== null;
}

function lookAgain(region: HTMLElement): void {
  if (!region.isConnected) return;
  if (busy(region)) window.setTimeout(() => lookAgain(region), 4000);
  else region.dispatchEvent(new CustomEvent("look-again"));
}

function lookAgainAll(): void {
  for (const region of regions()) lookAgain(region);
}

function heard(data: string): void {
  const { c: channel, n: cursor } = JSON.parse(data) as { c: string; n: number };
  if (!channel) {
    socket?.send("."); // the heartbeat; without an answer the server hangs up
    return;
  }
  if (cursor && cursor <= (cursors.get(channel) ?? 0)) return;
  if (cursor) cursors.set(channel, cursor);
  for (const region of regions()) if ((region.dataset.live ?? "").split(" ").includes(channel)) lookAgain(region);
}

function watch(): void {
  const channels = [...new Set(regions().flatMap((region) => (region.dataset.live ?? "").split(" ")))].sort();
  const asked = JSON.stringify({ watch: channels });
  if (socket?.readyState === WebSocket.OPEN && asked !== watched) socket.send((watched = asked));
}

async function freshTicket(): Promise<string> {
  const address = meta("live-ticket-url");
  if (!address) return "";
  const channels = [...new Set(regions().flatMap((region) => (region.dataset.live ?? "").split(" ")))];
  const answer = await fetch(address, {
    method: "POST",
    headers: { "X-CSRFToken": meta("csrf"), "X-Huizhen-By-Itself": "1", "Content-Type": "application/json" },
    body: JSON.stringify({ channels }),
  });
  return answer.ok ? ((await answer.json()) as { ticket: string }).ticket : "";
}

async function connect(): Promise<void> {
  ticket ||= await freshTicket().catch(() => "");
  if (!ticket) return retry();
  const url = new URL(meta("live-url"));
  url.searchParams.set("ticket", ticket);
  ticket = ""; // a ticket opens one connection
  socket = new WebSocket(url);
  socket.onopen = () => {
    if (attempts) lookAgainAll(); // whatever happened meanwhile
    attempts = 0;
    watched = "";
    watch();
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

export function startLive(): void {
  window.setInterval(() => {
    if (!document.hidden && socket?.readyState !== WebSocket.OPEN) lookAgainAll();
  }, POLL);
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden && socket?.readyState !== WebSocket.OPEN) lookAgainAll();
  });
  document.addEventListener("htmx:load", watch);
  ticket = meta("live-ticket");
  if (regions().length && meta("live-url")) void connect();
}
