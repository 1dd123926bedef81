/** Keeps the shell of the collection page, and nothing else: its HTML and the files it needs. Its scope is /lab/collect/.

    What it keeps stands in `SHELL`, which the server writes in front of this file. */
declare const SHELL: { version: string; page: string; files: string[] };
type Life = Event & { waitUntil(work: Promise<unknown>): void };
type Asked = Life & { request: Request; respondWith(answer: Promise<Response>): void };

const worker = self as unknown as EventTarget & { skipWaiting(): Promise<void>; clients: { claim(): Promise<void> } };
const NAME = `collect-${SHELL.version}`;
const PATIENCE = 4000;

worker.addEventListener("install", (event) => {
  (event as Life).waitUntil(caches.open(NAME).then(fill).then(() => worker.skipWaiting()));
});

/** The page is kept at once, so that the first visit already survives a reload without a network. */
async function fill(cache: Cache): Promise<void> {
  await cache.addAll(SHELL.files);
  await keep(cache, await fetch(SHELL.page));
}

async function keep(cache: Cache, answer: Response): Promise<void> {
  if (answer.ok && !answer.redirected) await cache.put(SHELL.page, answer); // never the page of the log-in
}

worker.addEventListener("activate", (event) => {
  const old = caches.keys().then((names) => names.filter((name) => name.startsWith("collect-") && name !== NAME));
  (event as Life).waitUntil(old.then((names) => Promise.all(names.map((name) => caches.delete(name)))).then(() => worker.clients.claim()));
});

worker.addEventListener("fetch", (event) => {
  const { request } = event as Asked;
  const { pathname } = new URL(request.url);
  if (request.method !== "GET") return;
  if (request.mode === "navigate" && pathname === SHELL.page) (event as Asked).respondWith(page(request));
  else if (SHELL.files.includes(pathname)) (event as Asked).respondWith(file(request));
});

/** The page as the server has it now; without an answer in time, as it was last seen. */
async function page(request: Request): Promise<Response> {
  const cache = await caches.open(NAME);
  const fresh = fetch(request).then((answer) => {
    void keep(cache, answer.clone());
    return answer;
  });
  const late = new Promise<undefined>((resolve) => setTimeout(resolve, PATIENCE));
  const answer = await Promise.race([fresh, late]).catch(() => undefined);
  return answer ?? (await cache.match(SHELL.page)) ?? fresh;
}

async function file(request: Request): Promise<Response> {
  return (await (await caches.open(NAME)).match(request)) ?? fetch(request);
}

export {};
