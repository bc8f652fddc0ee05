/**
 * What every page of the street has: the mark of the line with how much waits, what is still on the phone, the order
 * of the walk from where one is, a map that comes when it is looked at, and a worker that keeps the day's pages.
 */
import { FIELD_BOX, fieldSender, frame } from "./fieldbox";
import type { Draft } from "./drafts";
import { bringMapsLater } from "./later";
import { watchPatrol } from "./patrolwatch";
import { askHere, lastHere, orderStops, showDistances, type Here } from "./place";

const TRY_EVERY_MS = 15_000;

function part<T extends HTMLElement>(root: ParentNode, name: string): T {
  return root.querySelector<T>(`[data-part="${name}"]`)!;
}

// --- the line, and what waits -----------------------------------------------------------------------------------

let isOff = false;

async function waitingDrafts(): Promise<Draft[]> {
  return (await FIELD_BOX.listDrafts()).filter(({ by }) => by === frame().dataset.login);
}

async function showWaiting(): Promise<void> {
  const drafts = await waitingDrafts();
  mark(drafts.length);
  for (const stop of document.querySelectorAll<HTMLElement>("[data-stop]")) {
    const href = stop.querySelector<HTMLAnchorElement>("a.into")!.getAttribute("href");
    stop.hidden = drafts.some(({ to, state }) => to === href && state === "waiting");
  }
  const left = document.querySelectorAll("[data-stop]:not([hidden])").length;
  for (const count of document.querySelectorAll<HTMLElement>("[data-count]")) {
    count.textContent = count.dataset.count?.replace("{n}", String(left)) ?? "";
    count.closest<HTMLElement>(".count")!.hidden = left === 0;
  }
  const section = document.querySelector<HTMLElement>("[data-waiting]");
  if (!section) return;
  section.hidden = drafts.length === 0;
  for (const image of section.querySelectorAll("img")) URL.revokeObjectURL(image.src);
  part(section, "list").replaceChildren(...drafts.map((draft) => lineOf(section, draft)));
}

function mark(count: number): void {
  const place = document.querySelector<HTMLElement>("[data-mark]")!;
  place.hidden = !isOff && count === 0;
  place.classList.toggle("off", isOff);
  const words = [isOff ? place.dataset.offline : "", count ? place.dataset.waits?.replace("{n}", String(count)) : ""];
  place.textContent = words.filter(Boolean).join(" · ");
}

function lineOf(section: HTMLElement, draft: Draft): HTMLElement {
  const item = section.querySelector("template")!.content.firstElementChild!.cloneNode(true) as HTMLElement;
  const refused = draft.state === "refused";
  part(item, "title").textContent = draft.title ?? "";
  const told = refused ? `${section.dataset.refused}${draft.said} ${section.dataset.kept}` : section.dataset.still;
  part(item, "state").textContent = [told, draft.fields.note || draft.fields.words].filter(Boolean).join(" · ");
  item.classList.toggle("refused", refused);
  part(item, "shots").replaceChildren(...draft.photos.map((photo) => {
    const shot = document.createElement("li");
    const image = document.createElement("img");
    image.src = URL.createObjectURL(new Blob([photo.data], { type: photo.type }));
    image.alt = "";
    shot.append(image);
    return shot;
  }));
  const look = part<HTMLAnchorElement>(item, "look");
  look.hidden = !refused;
  look.href = draft.to ?? "";
  const send = part(item, "send");
  send.hidden = refused;
  send.addEventListener("click", () => void sendAll(true));
  part(item, "drop").addEventListener("click", () => {
    if (window.confirm(section.dataset.drop)) void FIELD_BOX.dropDraft(draft.key).then(showWaiting);
  });
  return item;
}

async function sendAll(now: boolean): Promise<void> {
  const before = (await waitingDrafts()).length;
  await fieldSender.sendWaiting(now);
  const after = (await waitingDrafts()).length;
  if (after < before && isOff) await lookForLine();
  await showWaiting();
}

async function lookForLine(): Promise<void> {
  isOff = await fetch("/field/ready/", { cache: "no-store" }).then((answer) => !answer.ok, () => true);
  await showWaiting();
  const kept = document.documentElement.dataset.kept;
  const note = document.querySelector<HTMLElement>("[data-asof]")!;
  note.hidden = !(isOff && kept);
  if (kept) {
    const at = new Date(kept).toLocaleTimeString(document.documentElement.lang, { hour: "2-digit", minute: "2-digit", hour12: false });
    note.textContent = frame().dataset.asOf?.replace("{at}", at) ?? "";
  }
  if (!isOff && kept && document.querySelector("[data-today]")) location.replace(location.pathname); // fresh again
}

// --- from where one is ------------------------------------------------------------------------------------------

function walkFrom(here: Here | null): void {
  const list = document.querySelector<HTMLElement>("[data-stops]");
  if (!list || !here) return;
  const stops = [...list.children].map((item) => {
    const { step, lon, lat } = (item as HTMLElement).dataset;
    return { item, step: Number(step), lon: Number.parseFloat(lon ?? ""), lat: Number.parseFloat(lat ?? "") };
  });
  list.append(...orderStops(stops, here).map(({ item }) => item));
  document.querySelector("[data-near]")?.setAttribute("aria-pressed", "true");
}

function offerOrder(): void {
  const button = document.querySelector<HTMLButtonElement>("[data-near]");
  if (!button || !("geolocation" in navigator) || !window.isSecureContext) return;
  const note = document.querySelector<HTMLElement>("[data-near-note]")!;
  button.hidden = false;
  button.addEventListener("click", () => void askHere().then((here) => {
    note.textContent = (here ? note.dataset.private : note.dataset.none) ?? "";
    note.hidden = false;
    walkFrom(here);
    showDistances(here);
  }));
}

function offerHereOnMap(): void {
  const button = document.querySelector<HTMLButtonElement>("[data-map-here]");
  if (!button || !("geolocation" in navigator) || !window.isSecureContext) return;
  button.hidden = false;
  button.addEventListener("click", () => void askHere().then((here) => {
    if (!here) return;
    for (const [id, value] of [["here-lon", here.lon], ["here-lat", here.lat]] as const) {
      const field = document.getElementById(id) as HTMLInputElement;
      field.value = value.toFixed(6);
      field.dispatchEvent(new Event("change"));
    }
  }));
}

// --- the worker -------------------------------------------------------------------------------------------------

async function keepPages(script: string): Promise<void> {
  await navigator.serviceWorker.register(script);
  const { active } = await navigator.serviceWorker.ready;
  for (const form of document.querySelectorAll("form[data-leaving]")) {
    form.addEventListener("submit", () => active?.postMessage({ kind: "forget" }));
  }
  const today = document.querySelector<HTMLElement>("[data-today]");
  if (!today || isOff) return;
  const files = document.querySelectorAll<HTMLLinkElement | HTMLScriptElement>('link[rel="stylesheet"], link[rel="icon"], script[src]');
  active?.postMessage({
    kind: "keep",
    home: location.pathname,
    pages: JSON.parse(today.dataset.keep ?? "[]") as [string, string][],
    files: [...files].map((each) => new URL(each instanceof HTMLLinkElement ? each.href : each.src).pathname),
  });
}

function showTold(): void {
  const title = sessionStorage.getItem("field-told");
  const told = document.querySelector<HTMLElement>("[data-told]");
  if (!title || !told) return;
  sessionStorage.removeItem("field-told");
  told.textContent = `${frame().dataset.keptNote}${title}`;
  told.classList.add("kept");
  told.hidden = false;
}

async function begin(): Promise<void> {
  frame().dataset.ready = "";
  bringMapsLater();
  offerOrder();
  offerHereOnMap();
  showDistances(lastHere());
  walkFrom(lastHere());
  watchPatrol(frame().dataset.login ?? "", document.querySelector("[data-patrol-page]") !== null);
  const keeps = await FIELD_BOX.canKeep();
  if (keeps) await lookForLine();
  const script = frame().dataset.worker;
  if (script && "serviceWorker" in navigator) {
    navigator.serviceWorker.addEventListener("message", () => void showWaiting());
    void keepPages(script);
  }
  if (!keeps) return;
  showTold();
  window.addEventListener("online", () => void lookForLine().then(() => sendAll(true)));
  window.addEventListener("offline", () => void lookForLine());
  window.setInterval(() => void sendAll(false), TRY_EVERY_MS);
  if (!isOff) await sendAll(true);
}

void begin();
