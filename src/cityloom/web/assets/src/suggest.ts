/** Suggests places of the city while an address is typed: a combobox whose list the server fills. */

interface Place {
  name: string;
  kind: string;
  lon: number;
  lat: number;
}

const WAIT_MS = 160;

export function suggestPlaces(input: HTMLInputElement, chosen: (lon: number, lat: number) => void): void {
  const url = input.dataset.places;
  const list = document.getElementById(input.getAttribute("aria-controls") ?? "");
  if (!url || !list) return;
  let places: Place[] = [];
  let active = -1;
  let timer = 0;
  let asked = 0;

  const close = () => {
    list.hidden = true;
    active = -1;
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
  };
  const take = (place: Place) => {
    input.value = place.name;
    input.dispatchEvent(new Event("change", { bubbles: true }));
    close();
    chosen(place.lon, place.lat);
  };
  const mark = () => {
    [...list.children].forEach((each, number) => each.setAttribute("aria-selected", String(number === active)));
    const now = list.children[active];
    if (now) input.setAttribute("aria-activedescendant", now.id);
    now?.scrollIntoView({ block: "nearest" });
  };
  const show = () => {
    list.replaceChildren(...places.map((place, number) => {
      const item = document.createElement("li");
      item.id = `${list.id}-${number}`;
      item.setAttribute("role", "option");
      item.setAttribute("aria-selected", "false");
      const kind = document.createElement("span");
      kind.className = "soft";
      kind.textContent = place.kind;
      item.append(place.name, kind);
      item.addEventListener("pointerdown", (event) => event.preventDefault());
      item.addEventListener("click", () => take(place));
      return item;
    }));
    list.hidden = places.length === 0;
    active = -1;
    input.setAttribute("aria-expanded", String(places.length > 0));
  };
  const ask = async () => {
    const turn = ++asked;
    const text = input.value.trim();
    if (!text) return close();
    try {
      const answer = await fetch(`${url}?q=${encodeURIComponent(text)}`);
      if (!answer.ok || turn !== asked) return;
      places = ((await answer.json()) as { places: Place[] }).places;
      show();
    } catch (wrong) {
      if (!(wrong instanceof TypeError)) throw wrong;
      close(); // no connection: the words are enough
    }
  };
  input.addEventListener("input", () => {
    clearTimeout(timer);
    timer = window.setTimeout(() => void ask(), WAIT_MS);
  });
  input.addEventListener("blur", close);
  input.addEventListener("keydown", (event) => {
    if (list.hidden) return;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      const step = event.key === "ArrowDown" ? 1 : -1;
      active = (active + step + places.length) % places.length;
      mark();
    } else if (event.key === "Enter" && places[Math.max(active, 0)]) take(places[Math.max(active, 0)]!);
    else if (event.key === "Escape") close();
    else return;
    event.preventDefault();
  });
}
