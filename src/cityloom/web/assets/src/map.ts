/**
 * The map island. A page writes
 *
 *   <div data-map data-bounds="118.0,29.2,118.2,29.4" data-layers='[{"id":"areas","url":"/…","kind":"area"}]'
 *        data-pin-lon="id_lon" data-pin-lat="id_lat" data-pin-label="…" data-pin-movable></div>
 *
 * and gets a map of those layers in the page's colours, with a pin bound to the two inputs. `data-center` with
 * `data-zoom` may stand for `data-bounds`. Nothing is asked from another host. A click on a feature with the
 * property `href` goes there. When the map cannot be drawn, the element keeps what the page put inside it.
 */
import { AttributionControl, Map as MapView, NavigationControl, setWorkerUrl } from "maplibre-gl";
import "maplibre-gl/dist/maplibre-gl.css";
import "./map.css";

import { styleOf } from "./style";
import type { Layer } from "./layers";
import { Pin } from "./pin";

/** Names are drawn with the fonts of the device: no server of glyphs is asked. */
export const FONTS = '"PingFang SC", "Noto Sans CJK SC", "Microsoft YaHei", Inter, system-ui, sans-serif';

setWorkerUrl(new URL("./map-worker.js", import.meta.url).href);

function numbers(text: string | undefined): number[] {
  return (text ?? "").split(",").map(Number.parseFloat).filter(Number.isFinite);
}

function viewOf(element: HTMLElement) {
  const [west, south, east, north] = numbers(element.dataset.bounds);
  if (west !== undefined && south !== undefined && east !== undefined && north !== undefined) {
    return { bounds: [west, south, east, north] as [number, number, number, number], fitBoundsOptions: { padding: 24 } };
  }
  const [lon, lat] = numbers(element.dataset.center);
  return { center: [lon ?? 0, lat ?? 0] as [number, number], zoom: Number(element.dataset.zoom ?? 11) };
}

function inputNamed(id: string | undefined): HTMLInputElement | null {
  const found = id ? document.getElementById(id) : null;
  return found instanceof HTMLInputElement ? found : null;
}

/** Draw one map. The view is kept on the element as `cityloomMap` for other islands. */
export function drawMap(element: HTMLElement): MapView {
  const layers = JSON.parse(element.dataset.layers ?? "[]") as Layer[];
  const canvas = document.createElement("div");
  canvas.className = "map-canvas";
  element.append(canvas);
  const map = new MapView({
    container: canvas,
    ...viewOf(element),
    style: styleOf(element, layers),
    localIdeographFontFamily: FONTS,
    attributionControl: false,
    dragRotate: false,
    pitchWithRotate: false,
    fadeDuration: 0,
  });
  map.touchZoomRotate.disableRotation();
  map.addControl(new NavigationControl({ showCompass: false }), "top-right");
  const owed = element.dataset.attribution ?? layers.find(({ attribution }) => attribution)?.attribution;
  if (owed) map.addControl(new AttributionControl({ compact: true, customAttribution: owed }));
  const lon = inputNamed(element.dataset.pinLon);
  const lat = inputNamed(element.dataset.pinLat);
  if (lon && lat) {
    new Pin(map, lon, lat, element.dataset.pinMovable !== undefined, element.dataset.pinLabel ?? "");
  }
  linkFeatures(map, layers);
  map.once("idle", () => element.setAttribute("data-map-idle", ""));
  (element as HTMLElement & { cityloomMap?: MapView }).cityloomMap = map;
  return map;
}

function linkFeatures(map: MapView, layers: Layer[]): void {
  for (const layer of layers.filter(({ kind }) => ["case", "point", "stop", "alarm"].includes(kind))) {
    const id = `${layer.id}-${layer.kind === "alarm" ? "ring" : "dot"}`;
    map.on("click", id, (event) => {
      const href: unknown = event.features?.[0]?.properties.href;
      if (typeof href === "string" && href.startsWith("/")) window.location.assign(href);
    });
    map.on("mouseenter", id, () => (map.getCanvas().style.cursor = "pointer"));
    map.on("mouseleave", id, () => (map.getCanvas().style.cursor = ""));
  }
}

for (const element of document.querySelectorAll<HTMLElement>("[data-map]")) drawMap(element);
