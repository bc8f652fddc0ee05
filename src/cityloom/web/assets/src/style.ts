/** The whole drawing of a map from the layers that a page names: ground, borders, the page's own, names on top. */
import type { LayerSpecification, SourceSpecification, StyleSpecification } from "maplibre-gl";

import { baseSource, borderLayers, groundLayers, nameLayers } from "./base";
import { coloursFor } from "./colours";
import { drawingOf, type Layer } from "./layers";

function sourceOf(layer: Layer): SourceSpecification {
  if (layer.kind === "base") return baseSource(layer.url);
  if (layer.kind === "raster") return { type: "raster", tiles: [layer.url], tileSize: 256 };
  return { type: "geojson", data: layer.url };
}

/** The style for an element in its own colours. */
export function styleOf(element: HTMLElement, layers: Layer[]): StyleSpecification {
  const colours = coloursFor(element);
  const base = layers.find(({ kind }) => kind === "base");
  const pictured = layers.some(({ kind }) => kind === "raster");
  const ground = base ? groundLayers(base.id, colours) : [];
  const lowest = layers.filter(({ kind }) => kind === "raster").flatMap((layer) => drawingOf(layer, colours));
  const own = layers.filter(({ kind }) => kind !== "raster").flatMap((layer) => drawingOf(layer, colours));
  const drawn: LayerSpecification[] = [
    { id: "ground", type: "background", paint: { "background-color": colours.ground } },
    ...lowest,
    ...(pictured ? [] : ground),
    ...(base ? borderLayers(base.id, colours) : []),
    ...own,
    ...(base && !pictured ? nameLayers(base.id, colours, base.lang ?? "zh") : []),
  ];
  return {
    version: 8,
    sources: Object.fromEntries(layers.map((layer) => [layer.id, sourceOf(layer)])),
    layers: drawn,
  };
}
