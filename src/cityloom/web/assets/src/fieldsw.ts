/// <reference lib="webworker" />
/**
 * The service worker of the street's pages: it keeps the day's walk with its stops and their photos, so that they can
 * be read without a line, and sends what waits. What is kept goes after a day, when somebody signs out, and when the
 * server asks for a sign-in.
 */
import { FIELD_BOX, fieldSender } from "./fieldbox";
import { freshOr } from "./shell";

const KEPT = "field-kept";
const HOME = "/field/";
const AGE_MS = 24 * 3_600_000;
const NOT_PAGES = /\.(js|geojson)$|\/ready\/$|\/points\/$/;

const worker = self as unknown as ServiceWorkerGlobalScope;

interface Wanted {
  kind: "keep" | "forget";
  home: string;
  pages: [path: string, stamp: string][];
  files: string[];
}

worker.addEventListener("install", () => void worker.skipWaiting());
worker.addEventListener("activate", (event) => event.waitUntil(worker.clients.claim()));
worker.addEventListener("message", (event) => {
  const wanted = event.data as Wanted;
  event.waitUntil(wanted.kind === "keep" ? keep(wanted) : forget());
});

async function forget(): Promise<void> {
  await caches.delete(KEPT);
}

async function keep({ home, pages, files }: Wanted): Promise<void> {
  const cache = await caches.open(KEPT);
  const shots = new Set<string>();
  for (const [path, stamp] of [[home, ""], ...pages] as [string, string][]) {
    const before = await cache.match(path);
    const isFresh = before && stamp && before.headers.get("X-Kept-Stamp") === stamp && !isOld(before);
    const text = isFresh ? await before.text() : await fetched(cache, path, stamp);
    if (text === null) return; // no line any more, or nobody is signed in
    for (const [, shot] of text.matchAll(/<img src="(\/photo\/\d+)"[^>]*data-keep-shot/g)) if (shot) shots.add(shot);
    for (const [, file] of text.matchAll(/(?:src|href)="(\/static\/[^"#]+)/g)) if (file) files.push(file);
  }
  for (const path of [...shots, ...new Set(files)].filter((each) => !each.includes("/map."))) {
    if (await cache.match(path)) continue;
    const answer = await fetch(path).catch(() => null);
    if (answer?.ok) await cache.put(path, answer);
  }
  const wanted = new Set([home, ...pages.map(([path]) => path), ...shots, ...files].map((path) => new URL(path, worker.location.origin).href));
  for (const kept of await cache.keys()) if (!wanted.has(kept.url)) await cache.delete(kept);
}

function isOld(kept: Response): boolean {
  return Date.now() - Date.parse(kept.headers.get("X-Kept-At") ?? "") > AGE_MS;
}

async function fetched(cache: Cache, path: string, stamp: string): Promise<string | null> {
  const answer = await fetch(path).catch(() => null);
  if (!answer) return null;
  if (answer.redirected) {
    await forget();
    return null;
  }
  return answer.ok ? put(cache, path, stamp, answer) : "";
}

/** Keep a page; it knows by itself of when it is. */
async function put(cache: Cache, path: string, stamp: string, answer: Response): Promise<string> {
  const at = new Date().toISOString();
  const text = (await answer.text()).replace(/<html /, `$&data-kept="${at}" `);
  const headers = new Headers(answer.headers);
  headers.set("X-Kept-At", at);
  headers.set("X-Kept-Stamp", stamp);
  await cache.put(path, new Response(text, { headers }));
  return text;
}

worker.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== worker.location.origin) return;
  const isPage = request.mode === "navigate" && url.pathname.startsWith(HOME) && !NOT_PAGES.test(url.pathname);
  if (isPage && !url.searchParams.has("personal")) event.respondWith(page(request, url.pathname));
  else if (url.pathname.startsWith("/static/") || url.pathname.startsWith("/photo/")) {
    event.respondWith(freshOr(KEPT, request, url.pathname));
  }
});

async function page(request: Request, path: string): Promise<Response> {
  const kept = await (await caches.open(KEPT)).match(path);
  if (kept && isOld(kept)) await (await caches.open(KEPT)).delete(path);
  return freshOr(KEPT, request, path);
}

interface SyncEvent extends ExtendableEvent {
  readonly tag: string;
}

worker.addEventListener("sync" as "message", (event) => {
  if ((event as unknown as SyncEvent).tag === "send-field") event.waitUntil(sendAndTell());
});

async function sendAndTell(): Promise<void> {
  await fieldSender.sendWaiting(true);
  for (const client of await worker.clients.matchAll()) client.postMessage({ kind: "sent" });
  if ((await FIELD_BOX.listDrafts()).some(({ state }) => state === "waiting")) throw new Error("still waiting"); // asks for another turn
}
