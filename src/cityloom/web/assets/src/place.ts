/** Where the phone is: asked for by a touch, kept in this tab for some minutes, sent nowhere. */

export interface Here {
  lon: number;
  lat: number;
  accuracy: number;
  at: number;
}

const KEPT_MS = 10 * 60_000;
const NAME = "field-here";
const EARTH_M = 6_371_008.8;

/** Metres between two points by great circle (haversine). */
export function metres(lon1: number, lat1: number, lon2: number, lat2: number): number {
  const rad = Math.PI / 180;
  const a = Math.sin(((lat2 - lat1) * rad) / 2) ** 2
    + Math.cos(lat1 * rad) * Math.cos(lat2 * rad) * Math.sin(((lon2 - lon1) * rad) / 2) ** 2;
  return 2 * EARTH_M * Math.asin(Math.sqrt(a));
}

export function sayDistance(m: number): string {
  const lang = document.documentElement.lang;
  if (m < 950) return new Intl.NumberFormat(lang, { style: "unit", unit: "meter", maximumFractionDigits: 0 }).format(Math.max(10, Math.round(m / 10) * 10));
  return new Intl.NumberFormat(lang, { style: "unit", unit: "kilometer", maximumFractionDigits: 1 }).format(m / 1000);
}

/** The place known in this tab, if it is not too old. */
export function lastHere(): Here | null {
  const kept = JSON.parse(sessionStorage.getItem(NAME) ?? "null") as Here | null;
  return kept && Date.now() - kept.at < KEPT_MS ? kept : null;
}

/** Ask the phone; null when it gives no place. */
export function askHere(): Promise<Here | null> {
  if (!("geolocation" in navigator) || !window.isSecureContext) return Promise.resolve(null);
  return new Promise((resolve) => navigator.geolocation.getCurrentPosition(
    ({ coords: { longitude, latitude, accuracy } }) => {
      const here = { lon: longitude, lat: latitude, accuracy, at: Date.now() };
      sessionStorage.setItem(NAME, JSON.stringify(here));
      resolve(here);
    },
    () => resolve(null),
    { enableHighAccuracy: true, timeout: 10_000, maximumAge: 30_000 },
  ));
}

/** Write how far it is to each place that is marked on the page. */
export function showDistances(here: Here | null): void {
  if (!here) return;
  for (const part of document.querySelectorAll<HTMLElement>("[data-far]")) {
    const { lon, lat } = part.dataset.lon ? part.dataset : part.closest<HTMLElement>("[data-lon]")?.dataset ?? {};
    if (lon && lat) part.textContent = sayDistance(metres(here.lon, here.lat, Number(lon), Number(lat)));
  }
}

/** Put the stops in order: by step of urgency, within one always the nearest next, from where one is. */
export function orderStops<T extends { step: number; lon: number; lat: number }>(stops: T[], here: { lon: number; lat: number }): T[] {
  const left = [...stops];
  const walked: T[] = [];
  let from = here;
  while (left.length) {
    const step = Math.min(...left.map((stop) => stop.step));
    const far = (stop: T) => (Number.isFinite(stop.lon) ? metres(from.lon, from.lat, stop.lon, stop.lat) : Infinity);
    const next = left.filter((stop) => stop.step === step).reduce((best, stop) => (far(stop) < far(best) ? stop : best));
    left.splice(left.indexOf(next), 1);
    walked.push(next);
    if (Number.isFinite(next.lon)) from = next;
  }
  return walked;
}
