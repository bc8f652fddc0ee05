/** A pin that a person puts on the map; two form inputs always hold its place, also when typed by hand. */
import { Marker, type LngLat, type Map as MapView } from "maplibre-gl";

const STEP_PX = 8;
const CLOSE_ZOOM = 16; // houses can be told apart
const STREET_ZOOM = 15; // the streets around a place

export class Pin {
  private marker: Marker | null = null;

  constructor(
    private readonly map: MapView,
    private readonly lon: HTMLInputElement,
    private readonly lat: HTMLInputElement,
    private readonly movable: boolean,
    private readonly label: string,
  ) {
    this.readInputs();
    for (const input of [lon, lat]) input.addEventListener("change", () => this.readInputs());
    if (movable) map.on("click", (event) => this.put(event.lngLat, true));
  }

  /** Put the pin there; `tell` writes the inputs and lets the page know by `cityloom:pin`. */
  put(place: LngLat | [number, number], tell: boolean): void {
    this.marker ??= this.make(place);
    this.marker.setLngLat(place);
    if (tell) this.writeInputs();
  }

  private make(place: LngLat | [number, number]): Marker {
    const element = document.createElement("button");
    element.type = "button";
    element.className = "map-pin";
    element.setAttribute("aria-label", this.label);
    const marker = new Marker({ element, draggable: this.movable, anchor: "bottom" }).setLngLat(place).addTo(this.map);
    marker.on("dragend", () => this.writeInputs());
    element.addEventListener("keydown", (event) => this.nudge(event));
    return marker;
  }

  /** Arrow keys move the pin, so that a mouse is not needed. */
  private nudge(event: KeyboardEvent): void {
    const moves: Record<string, [number, number]> = {
      ArrowLeft: [-STEP_PX, 0], ArrowRight: [STEP_PX, 0], ArrowUp: [0, -STEP_PX], ArrowDown: [0, STEP_PX],
    };
    const move = moves[event.key];
    if (!move || !this.marker || !this.movable) return;
    event.preventDefault();
    event.stopPropagation();
    const at = this.map.project(this.marker.getLngLat());
    this.put(this.map.unproject([at.x + move[0], at.y + move[1]]), true);
  }

  private readInputs(): void {
    const place: [number, number] = [Number.parseFloat(this.lon.value), Number.parseFloat(this.lat.value)];
    if (place.every(Number.isFinite)) {
      this.put(place, false);
      const zoom = Math.max(this.map.getZoom(), this.movable ? CLOSE_ZOOM : STREET_ZOOM);
      this.map.easeTo({ center: place, zoom, duration: 0 });
    }
  }

  private writeInputs(): void {
    if (!this.marker) return;
    const { lng, lat } = this.marker.getLngLat();
    this.lon.value = lng.toFixed(6);
    this.lat.value = lat.toFixed(6);
    this.lon.dispatchEvent(new Event("input", { bubbles: true }));
    this.lat.dispatchEvent(new Event("input", { bubbles: true }));
    this.map.getContainer().dispatchEvent(
      new CustomEvent("cityloom:pin", { bubbles: true, detail: { lon: lng, lat } }),
    );
  }
}
