/** How each kind of layer is drawn; the page names layers and their kind, never colours. */
import type { ExpressionSpecification, LayerSpecification } from "maplibre-gl";

import type { Colours } from "./colours";

export type Kind = "base" | "cell" | "raster" | "water" | "park" | "built" | "area" | "focus" | "road" | "case" | "point" | "stop" | "track" | "warning" | "alarm";

export interface Layer {
  id: string;
  url: string;
  kind: Kind;
  /** The property shown as a label, if any. */
  label?: string;
  minzoom?: number;
  maxzoom?: number;
  /** Of the base: the language of its names, and whose data it is. */
  lang?: string;
  attribution?: string;
}

/** The colour of a count by how much of it is overdue. */
function bySharesLate(c: Colours): ExpressionSpecification {
  const share: ExpressionSpecification = ["/", ["get", "late"], ["max", 1, ["get", "n"]]];
  return ["interpolate", ["linear"], share, 0, c.accent, 0.35, c.dueSoon, 0.8, c.overdue];
}

const ROAD_WIDTH: ExpressionSpecification = ["interpolate", ["exponential", 1.6], ["zoom"], 10, 0.4, 13, 1.6, 18, 14];

/** The drawing layers of one data layer, lowest first. */
export function drawingOf(layer: Layer, colours: Colours): LayerSpecification[] {
  const common = {
    source: layer.id,
    ...(layer.minzoom === undefined ? {} : { minzoom: layer.minzoom }),
    ...(layer.maxzoom === undefined ? {} : { maxzoom: layer.maxzoom }),
  };
  const drawn = shapesOf(layer, colours, common);
  if (layer.label) drawn.push(labelOf(layer, colours, common));
  return drawn;
}

type Common = { source: string; minzoom?: number; maxzoom?: number };

function shapesOf(layer: Layer, c: Colours, common: Common): LayerSpecification[] {
  switch (layer.kind) {
    case "base":
      return [];
    case "raster":
      return [{ ...common, id: `${layer.id}-picture`, type: "raster" }];
    case "cell":
      return [
        {
          ...common,
          id: `${layer.id}-fill`,
          type: "fill",
          paint: {
            "fill-color": bySharesLate(c),
            "fill-opacity": ["interpolate", ["linear"], ["get", "heat"], 0, 0.14, 1, 0.72],
          },
        },
        {
          ...common,
          id: `${layer.id}-line`,
          type: "line",
          paint: { "line-color": bySharesLate(c), "line-width": 0.8, "line-opacity": 0.5 },
        },
      ];
    case "water":
    case "park":
    case "built":
      return [
        { ...common, id: `${layer.id}-fill`, type: "fill", paint: { "fill-color": c[layer.kind] } },
      ];
    case "area":
      return [
        { ...common, id: `${layer.id}-fill`, type: "fill", paint: { "fill-color": c.ground, "fill-opacity": 0 } },
        { ...common, id: `${layer.id}-line`, type: "line", paint: { "line-color": c.area, "line-width": 1 } },
      ];
    case "warning":
      return [
        { ...common, id: `${layer.id}-fill`, type: "fill", paint: { "fill-color": c.overdue, "fill-opacity": ["match", ["get", "severity"], "extreme", 0.24, "severe", 0.16, 0.08] } },
        { ...common, id: `${layer.id}-line`, type: "line", paint: { "line-color": c.overdue, "line-width": 1.6, "line-dasharray": [3, 2] } },
      ];
    case "alarm":
      return [
        { ...common, id: `${layer.id}-ring`, type: "circle", paint: { "circle-radius": 7, "circle-color": c.overdue, "circle-opacity": 0.12, "circle-stroke-color": ["match", ["get", "severity"], "urgent", c.overdue, c.dueSoon], "circle-stroke-width": 2 } },
      ];
    case "focus":
      return [
        { ...common, id: `${layer.id}-fill`, type: "fill", paint: { "fill-color": c.accent, "fill-opacity": 0.08 } },
        { ...common, id: `${layer.id}-line`, type: "line", paint: { "line-color": c.accent, "line-width": 2 } },
      ];
    case "road":
      return [
        {
          ...common,
          id: `${layer.id}-edge`,
          type: "line",
          layout: { "line-cap": "round", "line-join": "round" },
          paint: { "line-color": c.line, "line-width": ROAD_WIDTH, "line-gap-width": 0.8 },
        },
        {
          ...common,
          id: `${layer.id}-line`,
          type: "line",
          layout: { "line-cap": "round", "line-join": "round" },
          paint: { "line-color": c.road, "line-width": ROAD_WIDTH },
        },
      ];
    case "track":
      return [
        {
          ...common,
          id: `${layer.id}-line`,
          type: "line",
          layout: { "line-cap": "round", "line-join": "round" },
          paint: { "line-color": c.accent, "line-width": 4 },
        },
      ];
    case "stop":
      return [
        {
          ...common,
          id: `${layer.id}-dot`,
          type: "circle",
          paint: {
            "circle-radius": 17,
            "circle-color": ["match", ["get", "clock"], "overdue", c.overdue, "due_soon", c.dueSoon, c.accent],
            "circle-stroke-color": c.ground,
            "circle-stroke-width": 2,
          },
        },
        {
          ...common,
          id: `${layer.id}-number`,
          type: "symbol",
          layout: { "text-field": ["get", "n"], "text-font": ["sans-serif"], "text-size": 16, "text-allow-overlap": true },
          paint: { "text-color": c.ground },
        },
      ];
    case "case":
    case "point":
      return [
        {
          ...common,
          id: `${layer.id}-dot`,
          type: "circle",
          paint: {
            "circle-radius": ["interpolate", ["linear"], ["zoom"], 10, 3, 16, 7],
            "circle-color": [
              "match", ["get", "clock"],
              "overdue", c.overdue, "due_soon", c.dueSoon, "on_time", c.onTime, "closed", c.closed,
              c.accent,
            ],
            "circle-stroke-color": c.ground,
            "circle-stroke-width": 1.5,
          },
        },
      ];
  }
}

function labelOf(layer: Layer, c: Colours, common: Common): LayerSpecification {
  return {
    ...common,
    id: `${layer.id}-label`,
    type: "symbol",
    layout: {
      "text-field": ["get", layer.label ?? "name"],
      "text-font": ["sans-serif"],
      "text-size": 12,
      ...(layer.kind === "road" ? { "symbol-placement": "line" as const } : {}),
    },
    paint: { "text-color": c.text, "text-halo-color": c.halo, "text-halo-width": 1.5 },
  };
}
