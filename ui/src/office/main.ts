/** The back office's interpreter of attributes: Alpine's build that evaluates nothing, in the place of django-unfold's.
 *
 * Unfold's pages ask for `unfold/js/alpine/alpine.js`, and this file is found there first. Its parser takes what their
 * attributes say but for what reaches for the window or is a statement; those few are said here in other words.
 * Unfold's own scripts stand before this one, and it runs before the page is called loaded.
 */
import Alpine from "@alpinejs/csp";
import "./office.css";

type Parts = Record<string, (...given: unknown[]) => Record<string, unknown>>;
/** What a page's attributes call by name, from unfold's `app.js`. */
const PARTS = ["theme", "searchForm", "searchDropdown", "searchCommand"];
const GENERAL = "general";
const SIDEBAR = "sidebarDesktopOpen";

/** The state of a whole page: which tab is shown, and whether the sidebar is. */
function frame(first: string): Record<string, unknown> {
  const { pathname, search, hash } = window.location;
  const asked = hash.slice(1);
  return {
    activeTab: asked && document.getElementById(`${asked}-group`) ? asked : first,
    sidebarMobileOpen: false,
    sidebarDesktopOpen: localStorage.getItem(SIDEBAR) !== "0",
    init(this: Record<string, unknown> & { $watch(name: string, then: (value: boolean) => void): void }) {
      this.$watch(SIDEBAR, (open) => localStorage.setItem(SIDEBAR, open ? "1" : "0"));
    },
    /** Where a form is sent, so that the page that comes back shows the same tab. */
    formAddress(this: { activeTab: string }) {
      const tab = this.activeTab && this.activeTab !== GENERAL ? `#${this.activeTab}` : "";
      return pathname + search + tab;
    },
  };
}

/** Say in other words what the parser does not take, in the page and in its templates. */
function rephrase(root: Document | DocumentFragment): void {
  const all = (name: string): Element[] => [...root.querySelectorAll(`[${CSS.escape(name)}]`)];
  for (const form of all("x-bind:action")) form.setAttribute("x-bind:action", "formAddress()");
  for (const one of all("x-bind:style")) {
    const width = /^'width: ' \+ (\w+) \+ 'px'$/.exec(one.getAttribute("x-bind:style") ?? "");
    if (width) one.setAttribute("x-bind:style", `{ width: ${width[1]} + 'px' }`);
  }
  for (const one of all("x-on:keydown.enter.prevent")) {
    const only = /^if \((.+?)\) (.+)$/.exec(one.getAttribute("x-on:keydown.enter.prevent") ?? "");
    if (only) one.setAttribute("x-on:keydown.enter.prevent", `${only[1]} && ${only[2]}`);
  }
  for (const part of root.querySelectorAll("template")) rephrase(part.content);
}

const kept = window as unknown as Parts & { Alpine: typeof Alpine; htmx?: { config: Record<string, unknown> } };
// Neither evaluates nor writes a style element: the Content-Security-Policy forbids both.
if (kept.htmx) Object.assign(kept.htmx.config, { allowEval: false, includeIndicatorStyles: false });
const first = /activeTab: '([^']*)'/.exec(document.body.getAttribute("x-data") ?? "")?.[1] ?? "";
document.body.removeAttribute("x-init");
document.body.setAttribute("x-data", "frame");
rephrase(document);

kept.Alpine = Alpine;
Alpine.data("frame", () => frame(first));
for (const name of PARTS) {
  const part = kept[name];
  if (part) Alpine.data(name, part);
}
Alpine.start();
