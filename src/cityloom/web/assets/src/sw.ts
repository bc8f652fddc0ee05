/// <reference lib="webworker" />
/**
 * The service worker of the report page, whose address is its scope: it keeps the page's shell, nothing else, and
 * sends what waits when the connection is back. What it keeps was fetched without cookies, so nobody's name is in it.
 */
import { listDrafts } from "./drafts";
import { REPORT, sendWaiting } from "./sending";
import { freshOr } from "./shell";

const SHELL = "report-shell";

const worker = self as unknown as ServiceWorkerGlobalScope;

interface Wanted {
  kind: "shell";
  lang: string;
  look: string;
  files: string[];
}

worker.addEventListener("install", () => void worker.skipWaiting());
worker.addEventListener("activate", (event) => event.waitUntil(worker.clients.claim()));

worker.addEventListener("message", (event) => {
  const wanted = event.data as Wanted;
  if (wanted.kind === "shell") event.waitUntil(keepShell(wanted));
});

async function keepShell({ lang, look, files }: Wanted): Promise<void> {
  const shell = await caches.open(SHELL);
  const page = await fetch(REPORT, { credentials: "omit", headers: { "Accept-Language": lang } });
  if (!page.ok) return;
  const text = (await page.text()).replace(/<html lang="[^"]*"/, `$&${look}`);
  await shell.put(REPORT, new Response(text, { headers: page.headers }));
  await Promise.all(files.map(async (file) => {
    const answer = await fetch(file, { credentials: "omit" });
    if (answer.ok) await shell.put(file, answer);
  }));
  const wanted = new Set([REPORT, ...files].map((path) => new URL(path, worker.location.origin).href));
  for (const kept of await shell.keys()) if (!wanted.has(kept.url)) await shell.delete(kept);
}

worker.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== worker.location.origin) return;
  if (request.mode === "navigate" && url.pathname === REPORT) event.respondWith(freshOr(SHELL, request, REPORT));
  else if (url.pathname.startsWith("/static/")) event.respondWith(freshOr(SHELL, request, request.url));
});

interface SyncEvent extends ExtendableEvent {
  readonly tag: string;
}

worker.addEventListener("sync" as "message", (event) => {
  if ((event as unknown as SyncEvent).tag === "send") event.waitUntil(sendAndTell());
});

async function sendAndTell(): Promise<void> {
  await sendWaiting(true);
  for (const page of await worker.clients.matchAll()) page.postMessage({ kind: "sent" });
  if ((await listDrafts()).some(({ state }) => state === "waiting")) throw new Error("still waiting"); // asks for another turn
}
