/** The agent's form by keys: Alt 1–3 take a class, Alt Q W E a place, Ctrl Enter keeps the call. */
import { suggestPlaces } from "./suggest";

const form = document.querySelector<HTMLFormElement>("[data-intake]");
const PLACE_KEYS = ["KeyQ", "KeyW", "KeyE"];

function input(id: string): HTMLInputElement | null {
  const found = document.getElementById(id);
  return found instanceof HTMLInputElement ? found : null;
}

/** The pin, its two inputs and the panel follow one place. */
function putPlace(lon: string, lat: string): void {
  for (const [id, value] of [["lon", lon], ["lat", lat]] as const) {
    const field = input(id);
    if (!field) continue;
    field.value = value;
    field.dispatchEvent(new Event("change", { bubbles: true }));
  }
  readAgain();
}

function readAgain(): void {
  document.getElementById("words")?.dispatchEvent(new Event("cityloom:read"));
}

function take(button: HTMLElement): void {
  const { class: code, lon, lat, name } = button.dataset;
  if (code) {
    const select = document.getElementById("class");
    if (select instanceof HTMLSelectElement) {
      select.value = code;
      select.dispatchEvent(new Event("change", { bubbles: true }));
    }
  } else if (lon && lat) {
    const address = input("address");
    if (address && !address.value.trim()) address.value = name ?? "";
    putPlace(lon, lat);
  }
  for (const each of button.closest(".takes")?.querySelectorAll(".take") ?? []) each.classList.toggle("taken", each === button);
}

function nth(kind: string, number: number): HTMLElement | undefined {
  return [...document.querySelectorAll<HTMLElement>(`#reading .take[${kind}]`)][number];
}

document.getElementById("reading")?.addEventListener("click", (event) => {
  const button = event.target instanceof Element ? event.target.closest<HTMLElement>(".take") : null;
  if (button) take(button);
});

document.addEventListener("keydown", (event) => {
  if ((event.ctrlKey || event.metaKey) && event.key === "Enter") {
    event.preventDefault();
    form?.requestSubmit();
    return;
  }
  if (!event.altKey) return;
  const digit = /^Digit([1-3])$/.exec(event.code)?.[1];
  const found = digit ? nth("data-class", Number(digit) - 1) : nth("data-lon", PLACE_KEYS.indexOf(event.code));
  if (!found) return;
  event.preventDefault();
  take(found);
});

const address = input("address");
if (address) suggestPlaces(address, (lon, lat) => putPlace(lon.toFixed(6), lat.toFixed(6)));
document.getElementById("class")?.addEventListener("change", readAgain);
document.body.addEventListener("cityloom:pin", readAgain);
