/** The list beside the public map follows the part of the map that is shown. */
import type { Map as MapView } from "maplibre-gl";

const element = document.querySelector<HTMLElement & { cityloomMap?: MapView }>("[data-map]");
const list = document.querySelector<HTMLElement>("[data-public-list]");
const WAIT_MS = 250;

async function follow(map: MapView, into: HTMLElement): Promise<void> {
  const bounds = map.getBounds();
  const box = [bounds.getWest(), bounds.getSouth(), bounds.getEast(), bounds.getNorth()];
  const url = new URL(into.dataset.publicList ?? "", location.href);
  url.searchParams.set("bbox", box.map((side) => side.toFixed(5)).join(","));
  const answer = await fetch(url);
  if (answer.ok) into.innerHTML = await answer.text();
}

for (const form of document.querySelectorAll<HTMLFormElement>("form[data-at-once]")) {
  form.addEventListener("change", () => form.requestSubmit());
  for (const button of form.querySelectorAll("button")) button.hidden = true;
}

if (element && list) {
  let timer = 0;
  const watch = new MutationObserver(() => {
    const map = element.cityloomMap;
    if (!map) return;
    watch.disconnect();
    map.on("moveend", () => {
      clearTimeout(timer);
      timer = window.setTimeout(() => void follow(map, list), WAIT_MS);
    });
  });
  watch.observe(element, { attributes: true });
}
