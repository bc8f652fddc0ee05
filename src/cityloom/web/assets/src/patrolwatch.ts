/**
 * A patrol under way is recorded while one of the street's pages is open, and only then. Places wait on the phone
 * until they were sent; the server keeps each once.
 */
import { metres } from "./place";

interface Point {
  at: string;
  lon: number;
  lat: number;
  accuracy: number;
}
interface Running {
  url: string;
  login: string;
}

const RUNNING = "field-patrol";
const POINTS = "field-patrol-points";
const MOST = 500;
const APART_M = 10;
const LEAST_MS = 15_000;
const MOST_MS = 60_000;
const SEND_EVERY_MS = 30_000;

const read = <T>(name: string, none: T): T => JSON.parse(localStorage.getItem(name) ?? "null") as T ?? none;
const waiting = () => read<Point[]>(POINTS, []);
let sent = 0;

async function send(running: Running): Promise<void> {
  const batch = waiting().slice(0, MOST);
  if (!batch.length) return;
  try {
    const ready = (await (await fetch("/field/ready/", { cache: "no-store" })).json()) as { token: string; login: string };
    if (ready.login !== running.login) return;
    const answer = await fetch(running.url, {
      method: "POST",
      body: JSON.stringify(batch),
      headers: { Accept: "application/json", "Content-Type": "application/json", "X-CSRFToken": ready.token },
    });
    const refused = answer.status >= 400 && answer.status < 500 && answer.status !== 429;
    if (answer.ok || refused) {
      localStorage.setItem(POINTS, JSON.stringify(waiting().slice(batch.length)));
      if (answer.ok) sent += batch.length;
    }
  } catch {
    return; // no line: they wait
  }
}

function say(section: HTMLElement | null, none = false): void {
  const part = section?.querySelector<HTMLElement>("[data-patrol-said]");
  if (!part || !section) return;
  const left = waiting().length;
  const words = [section.dataset.points?.replace("{n}", String(sent + left))];
  if (left) words.push(section.dataset.waitingPoints?.replace("{n}", String(left)));
  part.textContent = none ? section.dataset.noPosition ?? "" : words.join(" · ");
}

/** Follow the patrol that the page shows, or the one that another page of this phone began. */
export function watchPatrol(login: string, isPatrolPage: boolean): void {
  const section = document.querySelector<HTMLElement>("[data-patrol]");
  if (section?.dataset.patrol) localStorage.setItem(RUNNING, JSON.stringify({ url: section.dataset.patrol, login }));
  else if (isPatrolPage) for (const name of [RUNNING, POINTS]) localStorage.removeItem(name);
  const running = read<Running | null>(RUNNING, null);
  if (!running || running.login !== login || !("geolocation" in navigator)) return;
  let last: { at: number; lon: number; lat: number } | null = null;
  const watch = navigator.geolocation.watchPosition(
    ({ coords: { longitude: lon, latitude: lat, accuracy }, timestamp: at }) => {
      const since = last ? at - last.at : Infinity;
      if (last && (since < LEAST_MS || (since < MOST_MS && metres(last.lon, last.lat, lon, lat) < APART_M))) return;
      last = { at, lon, lat };
      localStorage.setItem(POINTS, JSON.stringify([...waiting(), { at: new Date(at).toISOString(), lon, lat, accuracy }]));
      say(section);
    },
    () => say(section, true),
    { enableHighAccuracy: true, maximumAge: 10_000 },
  );
  const again = () => void send(running).then(() => say(section));
  window.setInterval(again, SEND_EVERY_MS);
  window.addEventListener("online", again);
  again();
  for (const form of document.querySelectorAll<HTMLFormElement>("form[data-patrol-act]")) {
    form.addEventListener("submit", (event) => {
      const act = (event as SubmitEvent).submitter as HTMLButtonElement;
      if (form.dataset.flushed !== undefined) return;
      event.preventDefault();
      navigator.geolocation.clearWatch(watch);
      if (act.value === "withdraw") localStorage.removeItem(POINTS);
      void send(running).then(() => {
        form.dataset.flushed = "";
        if (navigator.onLine) form.requestSubmit(act);
        else section?.querySelector("[data-patrol-said]")?.replaceChildren(section.dataset.stopped ?? "");
      });
    });
  }
}
