/** Reporting by picture with scripts: the picture opens its classes, the phone gives the place, sent now or later. */
import { sendFromField, showRefusal, wellsOf } from "./fieldbox";
import { askHere } from "./place";

const CLOSE_M = 100;

for (const form of document.querySelectorAll<HTMLFormElement>("form[data-picture-report]")) begin(form);

function begin(form: HTMLFormElement): void {
  const wells = wellsOf(form);
  const key = "randomUUID" in crypto ? crypto.randomUUID() : field("key").value; // a kept page has an old one
  let sending = false;
  let asked = false;
  for (const { picture } of [...form.querySelectorAll<HTMLElement>("[data-under]")].map((each) => ({ picture: each }))) {
    if (picture.querySelector("input:checked")) pick(picture.dataset.under ?? "");
  }
  form.addEventListener("change", ({ target }) => {
    if (target instanceof HTMLInputElement && target.name === "picture") pick(target.value);
  });
  const here = form.querySelector<HTMLButtonElement>("[data-place-here]")!;
  here.hidden = !("geolocation" in navigator) || !window.isSecureContext;
  here.addEventListener("click", () => void place(true));
  form.addEventListener("submit", (event) => {
    if (form.dataset.plain !== undefined) return;
    event.preventDefault();
    if (!form.querySelector("input[name='class']:checked")) return showRefusal(form.dataset.pick ?? "");
    if (sending) return;
    sending = true;
    void send().finally(() => (sending = false));
  });

  function field(name: string): HTMLInputElement {
    return form.elements.namedItem(name) as HTMLInputElement;
  }

  function pick(picture: string): void {
    form.dataset.picked = picture;
    for (const under of form.querySelectorAll<HTMLElement>("[data-under]")) {
      const shown = under.dataset.under === picture;
      under.classList.toggle("shown", shown);
      const choices = [...under.querySelectorAll<HTMLInputElement>("input")];
      if (!shown) choices.forEach((each) => (each.checked = false));
      else if (choices.length === 1) choices[0]!.checked = true;
    }
    const shown = form.querySelector<HTMLElement>(".under.shown");
    shown?.scrollIntoView({ block: "nearest" });
    if (!asked) void place(false);
  }

  /** The phone's place becomes the pin: asked for by a touch, or at once where the person has allowed it before. */
  async function place(wanted: boolean): Promise<void> {
    if (!wanted) {
      const state = await navigator.permissions?.query({ name: "geolocation" }).then((found) => found.state, () => "prompt");
      if (state !== "granted" || field("lon").value) return;
    }
    asked = true;
    const found = await askHere();
    if (!found) return note(wanted ? "no-here" : "");
    const [west = -180, south = -90, east = 180, north = 90] = (form.dataset.bounds ?? "").split(",").map(Number);
    if (found.lon < west || found.lon > east || found.lat < south || found.lat > north) return note("outside");
    field("lon").value = found.lon.toFixed(6);
    field("lat").value = found.lat.toFixed(6);
    field("lon").dispatchEvent(new Event("change", { bubbles: true }));
    note(found.accuracy > CLOSE_M ? "here-rough" : "here");
  }

  function note(which: string): void {
    for (const each of form.querySelectorAll<HTMLElement>("[data-note]")) each.hidden = each.dataset.note !== which;
  }

  async function send(): Promise<void> {
    const chosen = form.querySelector<HTMLInputElement>("input[name='class']:checked")!;
    const outcome = await sendFromField({
      form, key, title: chosen.closest("label")?.textContent?.trim() ?? "",
      photos: wells.flatMap(({ photos }) => photos), more: {},
    });
    if (outcome === null) {
      form.dataset.plain = "";
      form.requestSubmit();
    } else if (outcome.state === "refused") {
      showRefusal(outcome.said);
    } else {
      location.assign((outcome.state === "sent" && outcome.told.url) || location.pathname);
    }
  }
}
