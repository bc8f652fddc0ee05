/** The city beneath everything: land, water, roads and borders from its vector tiles, with names in one language. */
import type { ExpressionSpecification, LayerSpecification, VectorSourceSpecification } from "maplibre-gl";

import type { Colours } from "./colours";

const MAX_ZOOM = 16;
const NAMES: Record<string, ExpressionSpecification> = {
  zh: ["coalesce", ["get", "zh"], ["get", "en"], ""],
  en: ["coalesce", ["get", "en"], ["get", "zh"], ""],
};

/** Where the tiles come from; `template` is an address of this host with {z}, {x} and {y}. */
export function baseSource(template: string, attribution?: string): VectorSourceSpecification {
  const url = template.startsWith("/") ? window.location.origin + template : template;
  return { type: "vector", tiles: [url], maxzoom: MAX_ZOOM, ...(attribution ? { attribution } : {}) };
}

/** Width of a road in pixels by zoom; `wide` is its width at zoom 17. */
function width(wide: number): ExpressionSpecification {
  return ["interpolate", ["exponential", 1.7], ["zoom"], 9, 0.5, 13, wide * 0.14, 15, wide * 0.4, 17, wide];
}

type Piece = Omit<LayerSpecification, "source"> & { "source-layer": string };

/** The ground: what lies below the matters of a map. */
export function groundLayers(source: string, c: Colours): LayerSpecification[] {
  const round = { "line-cap": "round", "line-join": "round" } as const;
  const road = (kind: string): ExpressionSpecification => ["==", ["get", "kind"], kind];
  const built: ExpressionSpecification = ["interpolate", ["linear"], ["zoom"], 13, 0, 14, 1];
  const pieces = [
    { id: "base-city", "source-layer": "area0", type: "fill", paint: { "fill-color": c.land } },
    { id: "base-parks", "source-layer": "parks", type: "fill", paint: { "fill-color": c.park } },
    { id: "base-built", "source-layer": "housing", type: "fill", paint: { "fill-color": c.built, "fill-opacity": built } },
    { id: "base-water", "source-layer": "water", type: "fill", filter: ["==", ["geometry-type"], "Polygon"], paint: { "fill-color": c.water } },
    { id: "base-streams", "source-layer": "water", type: "line", filter: ["==", ["geometry-type"], "LineString"], paint: { "line-color": c.water, "line-width": width(10) } },
    {
      id: "base-paths", "source-layer": "roads", type: "line", minzoom: 15, filter: road("path"), layout: round,
      paint: { "line-color": c.street, "line-width": 1, "line-dasharray": [2, 2] },
    },
    ...["street", "arterial", "ring"].map((kind) => ({
      id: `base-${kind}-edge`, "source-layer": "roads", type: "line", minzoom: kind === "street" ? 14 : 12, filter: road(kind), layout: round,
      paint: { "line-color": c.edge, "line-width": 0.8, "line-gap-width": width({ street: 9, arterial: 17, ring: 24 }[kind] ?? 9) },
    })),
    ...["street", "arterial", "ring"].map((kind) => ({
      id: `base-${kind}`, "source-layer": "roads", type: "line", filter: road(kind), layout: round,
      paint: { "line-color": kind === "street" ? c.street : c.road, "line-width": width({ street: 9, arterial: 17, ring: 24 }[kind] ?? 9) },
    })),
  ];
  return (pieces as unknown as Piece[]).map((piece) => ({ ...piece, source }) as LayerSpecification);
}

/** Borders: the outermost strongest, each finer level from its own zoom on. */
export function borderLayers(source: string, c: Colours): LayerSpecification[] {
  const lines = [
    { level: 4, minzoom: 15, width: 0.7, opacity: 0.55, dash: [2, 3] },
    { level: 3, minzoom: 13, width: 0.8, opacity: 0.6, dash: [4, 3] },
    { level: 2, minzoom: 10.5, width: 1, opacity: 0.7 },
    { level: 1, minzoom: 0, width: 1.8, opacity: 0.95 },
    { level: 0, minzoom: 0, width: 2.4, opacity: 1 },
  ];
  return lines.map(({ level, minzoom, width: wide, opacity, dash }) => ({
    id: `base-border-${level}`, source, "source-layer": `area${level}`, type: "line", minzoom,
    layout: { "line-join": "round" },
    paint: {
      "line-color": c.area, "line-opacity": opacity,
      "line-width": ["interpolate", ["linear"], ["zoom"], 9, wide * 0.6, 14, wide * 1.5],
      ...(dash ? { "line-dasharray": dash } : {}),
    },
  }) as LayerSpecification);
}

/** Names of areas, water, parks and roads, above everything that is drawn flat. */
export function nameLayers(source: string, c: Colours, language: string): LayerSpecification[] {
  const name = NAMES[language] ?? NAMES["zh"];
  const zh = language === "zh";
  const halo = { "text-halo-color": c.halo, "text-halo-width": 1.4, "text-halo-blur": 0.4 };
  const text = { "text-field": name, "text-font": ["sans-serif"], "text-padding": 6 };
  const area = (level: number, from: number, to: number, size: number, colour: string) => ({
    id: `base-name-${level}`, source, "source-layer": `label${level}`, type: "symbol", minzoom: from, maxzoom: to,
    layout: { ...text, "text-size": size, "text-letter-spacing": zh ? 0.18 : 0.04, "text-max-width": 9 },
    paint: { ...halo, "text-color": colour },
  });
  return [
    {
      id: "base-name-roads", source, "source-layer": "roads", type: "symbol", minzoom: 13.5,
      layout: { ...text, "text-size": 11, "symbol-placement": "line", "symbol-spacing": 420, "text-max-angle": 28 },
      paint: { ...halo, "text-color": c.soft },
    },
    {
      id: "base-name-parks", source, "source-layer": "parks", type: "symbol", minzoom: 13.5,
      filter: ["==", ["geometry-type"], "Polygon"],
      layout: { ...text, "text-size": 11, "text-max-width": 6 }, paint: { ...halo, "text-color": c.parkName },
    },
    {
      id: "base-name-water", source, "source-layer": "water", type: "symbol", minzoom: 11,
      layout: { ...text, "text-size": 12, "text-letter-spacing": 0.3 }, paint: { ...halo, "text-color": c.waterName },
    },
    area(4, 16, 24, 11, c.soft),
    area(3, 13.2, 16.5, 12, c.soft),
    area(2, 11.2, 14.2, 13, c.soft),
    area(1, 8, 12.4, 16, c.text),
  ] as unknown as LayerSpecification[];
}
