/** The map of the screen: hexagons of the whole city, counts in its streets, the cases themselves close by. */
import { Map as MapView, setWorkerUrl, type GeoJSONSource, type LngLatBoundsLike, type MapMouseEvent } from "maplibre-gl";

import { coloursFor, type Colours } from "./colours";
import type { Layer } from "./layers";
import { styleOf } from "./style";

setWorkerUrl(new URL("./map-worker.js", import.meta.url).href);

const FONTS = '"PingFang SC", "Noto Sans CJK SC", "Microsoft YaHei", Inter, system-ui, sans-serif';
const NOTHING = { type: "FeatureCollection" as const, features: [] };
const DEEPEST = 4;
// From which zoom on which hexagons are shown; circles with counts follow, then the cases.
const HEXAGONS: [number, number][] = [[0, 7], [10, 8], [12.6, 9]];
const CIRCLES_FROM = 14.2;
const CASES_FROM = 15.6;

export interface View {
  area: string;
  depth: number;
  bounds: number[];
}

export class ScreenMap {
  readonly map: MapView;
  private view: View;
  private readonly colours: Colours;
  private shown = "";
  private paused = false;
  private turn = 0;
  /** How much larger than on a full-HD wall everything is drawn. */
  scale = 1;

  constructor(private readonly element: HTMLElement, view: View, private readonly drill: (code: string) => void) {
    this.view = view;
    this.colours = coloursFor(element);
    this.grow();
    const layers = JSON.parse(element.dataset.layers ?? "[]") as Layer[];
    this.map = new MapView({
      container: element, pixelRatio: window.devicePixelRatio * this.scale, style: styleOf(element, layers), localIdeographFontFamily: FONTS,
      bounds: boundsOf(view), fitBoundsOptions: { padding: this.padding() },
      attributionControl: false, dragRotate: false, pitchWithRotate: false, fadeDuration: 120,
    });
    this.map.touchZoomRotate.disableRotation();
    this.map.on("load", () => this.begin());
    this.map.on("moveend", () => void this.refresh());
    window.addEventListener("resize", () => {
      this.grow();
      this.map.setPixelRatio(window.devicePixelRatio * this.scale);
    });
    this.map.once("idle", () => element.setAttribute("data-map-idle", ""));
    (element as HTMLElement & { cityloomMap?: MapView }).cityloomMap = this.map;
  }

  /** On walls beyond full HD the map is laid out small and drawn large, as the letters beside it are. */
  private grow(): void {
    this.scale = Math.max(1, Math.min(window.innerWidth / 1920, window.innerHeight / 1080));
    const side = this.scale > 1 ? `${100 / this.scale}%` : "";
    Object.assign(this.element.style, {
      width: side, height: side, transformOrigin: "0 0", transform: side && `scale(${this.scale})`,
    });
  }

  /** Look at another area. */
  show(view: View): void {
    this.view = view;
    this.shown = "";
    this.mark("focus", view.area);
    const calm = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
    this.map.fitBounds(boundsOf(view), { padding: this.padding(), duration: calm ? 0 : 900 });
    void this.refresh();
  }

  /** Ask again for what is drawn now; `again` also when the view is the same. */
  async refresh(again = false): Promise<void> {
    if (this.paused || !this.map.getSource("cells")) return;
    const zoom = this.map.getZoom();
    const res = HEXAGONS.filter(([from]) => zoom >= from).at(-1)?.[1] ?? 8;
    const words = new URLSearchParams(this.view.area ? { area: this.view.area } : {});
    const kind = zoom >= CASES_FROM ? "cases" : zoom >= CIRCLES_FROM ? "circles" : `hexagons-${res}`;
    const box = this.map.getBounds().toArray().flat().map((side) => side.toFixed(4)).join(",");
    const key = `${kind}|${kind === "cases" ? box : ""}`;
    if (key === this.shown && !again) return;
    this.shown = key;
    const urls = this.element.dataset;
    if (kind === "cases") {
      await this.fill("dots", `${urls.cases}?bbox=${box}`);
    } else if (kind === "circles") {
      words.set("res", "10");
      words.set("as", "points");
      await this.fill("counts", `${urls.cells}?${words}`);
    } else {
      words.set("res", String(res));
      await this.fill("cells", `${urls.cells}?${words}`);
    }
    const visible: Record<string, string> = { cells: "hexagons", counts: "circles", dots: "cases" };
    for (const [source, name] of Object.entries(visible)) this.toggle(source, kind.startsWith(name));
  }

  /** Ask again for alarms that stand and warnings in force. */
  renewSigns(): void {
    const layers = JSON.parse(this.element.dataset.layers ?? "[]") as Layer[];
    for (const layer of layers.filter(({ kind }) => kind === "alarm" || kind === "warning")) {
      this.map.getSource<GeoJSONSource>(layer.id)?.setData(new URL(layer.url, window.location.href).href);
    }
  }

  /** Draw these cases of a past moment instead of the present ones. */
  replay(features: GeoJSON.Feature[] | null): void {
    this.paused = features !== null;
    if (!this.map.getSource("past")) return;
    this.put("past", { type: "FeatureCollection", features: features ?? [] });
    for (const source of ["cells", "counts", "dots"]) if (this.paused) this.toggle(source, false);
    if (!this.paused) void this.refresh(true);
  }

  private begin(): void {
    const c = this.colours;
    const below = this.map.getStyle().layers.find(({ id }) => id.startsWith("base-name"))?.id;
    for (const id of ["cells", "counts", "dots", "past"]) this.map.addSource(id, { type: "geojson", data: NOTHING });
    const share = ["/", ["get", "late"], ["max", 1, ["get", "n"]]];
    const hue = ["interpolate", ["linear"], share, 0, c.accent, 0.25, c.dueSoon, 0.7, c.overdue];
    const add = (layer: object) => this.map.addLayer(layer as Parameters<MapView["addLayer"]>[0], below);
    add({ id: "cells-fill", type: "fill", source: "cells", paint: {
      "fill-color": hue, "fill-opacity": ["interpolate", ["exponential", 1.6], ["get", "heat"], 0, 0.08, 1, 0.74], "fill-antialias": false } });
    add({ id: "cells-line", type: "line", source: "cells", paint: { "line-color": c.halo, "line-width": 1.4 } });
    const wide = ["interpolate", ["linear"], ["sqrt", ["get", "n"]], 1, 7, 6, 24];
    add({ id: "counts-disc", type: "circle", source: "counts", paint: {
      "circle-radius": wide, "circle-color": hue, "circle-opacity": 0.28, "circle-stroke-color": hue, "circle-stroke-width": 1.2 } });
    add({ id: "counts-label", type: "symbol", source: "counts", layout: {
      "text-field": ["to-string", ["get", "n"]], "text-size": 12, "text-font": ["sans-serif"], "text-allow-overlap": true },
      paint: { "text-color": c.text } });
    const state = ["match", ["get", "clock"], "overdue", c.overdue, "due_soon", c.dueSoon, c.accent];
    const grow = ["interpolate", ["linear"], ["zoom"], 10, 2.4, 14, 4.5, 18, 8];
    add({ id: "dots-dot", type: "circle", source: "dots", paint: {
      "circle-radius": grow, "circle-color": state, "circle-stroke-color": c.halo, "circle-stroke-width": 1.5 } });
    add({ id: "past-dot", type: "circle", source: "past", paint: {
      "circle-radius": grow, "circle-color": ["match", ["get", "s"], "late", c.overdue, "new", c.text, c.accent],
      "circle-opacity": ["match", ["get", "s"], "new", 1, 0.8] } });
    for (let level = 1; level <= DEEPEST; level += 1) {
      add({ id: `hit-${level}`, type: "fill", source: "base", "source-layer": `area${level}`, paint: { "fill-opacity": 0 } });
      for (const [name, strong] of [["hover", 1.2], ["focus", 2.2]] as const) {
        add({ id: `${name}-${level}`, type: "line", source: "base", "source-layer": `area${level}`, filter: ["==", ["get", "code"], ""],
          layout: { "line-join": "round" }, paint: { "line-color": c.accent, "line-width": strong } });
      }
    }
    this.lift(below);
    this.mark("focus", this.view.area);
    this.map.on("mousemove", (event) => this.mark("hover", this.areaAt(event)));
    this.map.on("mouseout", () => this.mark("hover", ""));
    this.map.on("click", (event) => this.click(event));
    void this.refresh(true);
  }

  /** Alarms that stand and warnings in force are seen above what is counted. */
  private lift(below?: string): void {
    const layers = JSON.parse(this.element.dataset.layers ?? "[]") as Layer[];
    const signs = new Set(layers.filter(({ kind }) => kind === "alarm" || kind === "warning").map(({ id }) => id));
    for (const layer of this.map.getStyle().layers) {
      if ("source" in layer && signs.has(layer.source)) this.map.moveLayer(layer.id, below);
    }
  }

  private areaAt(event: MapMouseEvent): string {
    const layer = `hit-${this.view.depth + 1}`;
    if (!this.map.getLayer(layer)) return "";
    const code: unknown = this.map.queryRenderedFeatures(event.point, { layers: [layer] })[0]?.properties.code;
    this.map.getCanvas().style.cursor = code ? "pointer" : "";
    return typeof code === "string" ? code : "";
  }

  private click(event: MapMouseEvent): void {
    const href: unknown = this.map.queryRenderedFeatures(event.point, { layers: ["dots-dot"] })[0]?.properties.href;
    if (typeof href === "string" && href.startsWith("/")) window.location.assign(href);
    else if (this.areaAt(event)) this.drill(this.areaAt(event));
  }

  private mark(name: "hover" | "focus", code: string): void {
    for (let level = 1; level <= DEEPEST; level += 1) {
      if (this.map.getLayer(`${name}-${level}`)) this.map.setFilter(`${name}-${level}`, ["==", ["get", "code"], code]);
    }
  }

  /** Ask for a layer; an answer that comes after a later question is dropped. */
  private async fill(source: string, url: string): Promise<void> {
    this.turn += 1;
    const turn = this.turn;
    try {
      const answer = await fetch(url, { credentials: "same-origin" });
      const data = answer.ok ? ((await answer.json()) as GeoJSON.FeatureCollection) : null;
      if (data && turn === this.turn && !this.paused) this.put(source, data);
    } catch (why) {
      console.info("the map keeps what it shows", why);
    }
  }

  private put(source: string, data: GeoJSON.FeatureCollection): void {
    (this.map.getSource(source) as GeoJSONSource | undefined)?.setData(data);
  }

  private toggle(source: string, on: boolean): void {
    for (const { id, ...layer } of this.map.getStyle().layers) {
      if ("source" in layer && layer.source === source) this.map.setLayoutProperty(id, "visibility", on ? "visible" : "none");
    }
  }

  /** The map is fitted into the middle of the wall, between the figures. */
  private padding(): { top: number; bottom: number; left: number; right: number } {
    const { clientWidth: wide, clientHeight: high } = this.element;
    if (wide < 800) return { top: 24, bottom: 24, left: 24, right: 24 };
    return { top: high * 0.04, bottom: high * 0.16, left: wide * 0.2, right: wide * 0.2 };
  }
}

function boundsOf(view: View): LngLatBoundsLike {
  const [west = 0, south = 0, east = 0, north = 0] = view.bounds;
  return [[west, south], [east, north]];
}
