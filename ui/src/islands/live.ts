/** Looks again when told to. A pulse carries a channel and a cursor, never content; the page re-reads its fragment by htmx.

    `<section id="head" data-live="case:<id>" hx-get="<page>?part=head" hx-trigger="look-again" hx-swap="outerHTML">`
    The page's ticket names the channels it may hear. Without a connection every region looks again each 30 s while the
    page is visible. Regions that are parts of one page ask for it together, by `?part=head,next`. */
import htmx from "htmx.org";

import { meta } from "../page";

export const BY_ITSELF = { "X-Huizhen-By-Itself": "yes" }; // such a request does not count as somebody being there

const POLL = 30000;
const GATHER = 300;
const PATIENCE = 4000;
const regions = (): HTMLElement[] => [...document.querySelectorAll<HTMLElement>("[data-live]")];

let socket: WebSocket | null = null;
let attempts = 0;
let ticket = "";
const soon = new Set<HTMLElement>();

/** Not under somebody's hands: while a field has focus or an explanation is open, wait. */
function busy(region: HTMLElement): boolean {
  const focus = document.activeElement;
  const typing = focus instanceof HTMLElement && region.contains(focus) && focus.matches("input, textarea, select");
  return typing || region.querySelector("details[open], dialog[open]") !== null;
}

/** Several pulses within a moment are one look, and what they change is asked for together. */
function lookAgain(found: HTMLElement[], wait = GATHER): void {
  const fresh = found.filter((region) => !soon.has(region));
  if (!fresh.length) return;
  for (const region of fresh) soon.add(region);
  window.setTimeout(() => {
    for (const region of fresh) soon.delete(region);
    const there = fresh.filter((region) => region.isConnected);
    const held = there.filter(busy);
    lookAgain(held, PATIENCE);
    look(there.filter((region) => !held.includes(region)));
  }, wait);
}

function look(found: HTMLElement[]): void {
  const pages = new Map<string, HTMLElement[]>();
  for (const region of found) {
    const page = pageOf(region);
    if (page) pages.set(page, [...(pages.get(page) ?? []), region]);
    else ask(region);
  }
  for (const [page, parts] of pages) {
    if (parts.length === 1) ask(...parts);
    else askTogether(page, parts).catch(() => void leaveIfClosed().then((closed) => closed || ask(...parts.slice(0, 1)))); // by htmx, which says what is wrong
  }
}

/** What was open to somebody may be so no longer. Then nothing of it stays on the screen: the page is asked for anew, and says so itself. */
export async function leaveIfClosed(): Promise<boolean> {
  const answer = await fetch(location.href, { headers: BY_ITSELF }).catch(() => null);
  if (answer?.status !== 404) return false;
  location.reload();
  return true;
}

function ask(...found: HTMLElement[]): void {
  for (const region of found) region.dispatchEvent(new CustomEvent("look-again"));
}

const address = (region: HTMLElement): URL => new URL(region.getAttribute("hx-get") ?? "", location.href);

/** The address without its part; empty for a region that is no part of a page. */
function pageOf(region: HTMLElement): string {
  const url = address(region);
  if (!url.searchParams.has("part") || !region.id) return "";
  url.searchParams.delete("part");
  return url.href;
}

async function askTogether(page: string, parts: HTMLElement[]): Promise<void> {
  const url = new URL(page);
  url.searchParams.set("part", parts.map((region) => address(region).searchParams.get("part")).join(","));
  for (const along of parts.flatMap((region) => [...document.querySelectorAll<HTMLInputElement>(region.getAttribute("hx-include") ?? "#none")]))
    url.searchParams.set(along.name, along.value);
  const answer = await fetch(url, { headers: { ...BY_ITSELF, "HX-Request": "true" }, redirect: "error" });
  if (!answer.ok) throw new Error(String(answer.status));
  const drawn = new DOMParser().parseFromString(await answer.text(), "text/html");
  for (const region of parts) {
    const part = drawn.getElementById(region.id);
    if (!part || !region.isConnected) continue;
    if (busy(region)) lookAgain([region], PATIENCE); // somebody has begun meanwhile
    else htmx.swap(region, part.outerHTML, { swapStyle: "outerHTML", swapDelay: 0, settleDelay: 20 });
  }
}

function lookAgainAll(): void {
  lookAgain(regions());
}

function heard(data: string): void {
  const { c: channel } = JSON.parse(data) as { c: string; n: number };
  if (!channel) return socket?.send("."); // the heartbeat; without an answer the server hangs up
  if (channel === "*") return lookAgainAll();
  lookAgain(regions().filter((region) => (region.dataset.live ?? "").split(" ").includes(channel)));
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
