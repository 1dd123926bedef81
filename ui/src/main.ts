import "./styles/main.css";
import htmx from "htmx.org";

import { startBoard } from "./islands/board";
import { startConfirm } from "./islands/confirm";
import { startDrafts } from "./islands/drafts";
import { startLanguage } from "./islands/language";
import { defineDueBadge } from "./islands/due-badge";
import { startGathering } from "./islands/gather";
import { BY_ITSELF, leaveIfClosed, startLive } from "./islands/live";
import { startPage } from "./islands/page";
import { defineTableKeys } from "./islands/table-keys";
import { startToasts, toast } from "./islands/toast";
import { defineUpload } from "./islands/upload";
import { meta } from "./page";
import { say } from "./words";

// Set before htmx wakes at DOMContentLoaded. No eval and no injected <style>: the Content-Security-Policy forbids both.
Object.assign(htmx.config, {
  allowEval: false,
  allowScriptTags: false,
  includeIndicatorStyles: false,
  historyCacheSize: 0, // pages hold health data; none is left behind in localStorage
  selfRequestsOnly: true,
  scrollBehavior: "auto",
  timeout: 20000,
  responseHandling: [
    { code: "204", swap: false },
    { code: "[23]..", swap: true },
    { code: "422", swap: true, error: false },
    { code: "[45]..", swap: false, error: true },
  ],
});

document.addEventListener("htmx:configRequest", (event) => {
  const { headers, triggeringEvent } = (event as CustomEvent).detail as { headers: Record<string, string>; triggeringEvent?: Event };
  headers["X-CSRFToken"] = meta("csrf");
  if (triggeringEvent?.type === "look-again") Object.assign(headers, BY_ITSELF);
});
document.addEventListener("htmx:sendError", () => toast(say("noNetwork")));
document.addEventListener("htmx:timeout", () => toast(say("slow")));
document.addEventListener("htmx:responseError", (event) => {
  const { xhr: answer, elt } = (event as CustomEvent).detail as { xhr: XMLHttpRequest; elt: Element };
  const tell = (): void => toast(say("failed", { number: answer.getResponseHeader("X-Request-ID") ?? String(answer.status) }));
  if (answer.status !== 404 || !elt.matches("[data-live]")) return tell();
  void leaveIfClosed().then((closed) => closed || tell());
});

defineDueBadge();
defineTableKeys();
defineUpload();
startBoard();
startConfirm();
startDrafts();
startLanguage();
startGathering();
startLive();
startPage();
startToasts();

if (document.querySelector("result-watch")) void import("./islands/results").then((part) => part.defineResultWatch());

// The viewer is a chunk of its own: only who looks at pictures loads it.
if (document.querySelector("image-viewer")) void import("./islands/viewer").then((part) => part.defineViewer());

if (document.querySelector("mix-desk")) void import("./islands/mixing").then((part) => part.defineMixDesk());

if (document.querySelector("collect-desk")) void import("./collect/desk").then((part) => part.defineCollectDesk());
