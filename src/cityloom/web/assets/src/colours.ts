/** The map's colours: the page's tokens where the style sheet defines them, else the paper or ink set. */

export interface Colours {
  ground: string;
  land: string;
  line: string;
  text: string;
  soft: string;
  halo: string;
  accent: string;
  onTime: string;
  dueSoon: string;
  overdue: string;
  closed: string;
  water: string;
  waterName: string;
  park: string;
  parkName: string;
  road: string;
  street: string;
  edge: string;
  built: string;
  area: string;
}

const PAPER: Colours = {
  ground: "#EFEBE3", land: "#FAF8F4", line: "#E4DFD6", text: "#1B1F24", soft: "#5B636E", halo: "#FAF8F4",
  accent: "#0B6E63", onTime: "#2F7D5B", dueSoon: "#B7791F", overdue: "#C2402A", closed: "#6B7280",
  water: "#CFE3EA", waterName: "#4A7F92", park: "#D5E5CF", parkName: "#52724A", road: "#FFFFFF",
  street: "#FFFFFF", edge: "#E4DFD6", built: "#EFEBE3", area: "#B9B0A0",
};

const INK: Colours = {
  ground: "#0A0F19", land: "#0E1420", line: "#1A2336", text: "#E8ECF3", soft: "#98A3B8", halo: "#0E1420",
  accent: "#3CCFB4", onTime: "#4FC38A", dueSoon: "#F2B84B", overdue: "#FF6B57", closed: "#7C879C",
  water: "#12293A", waterName: "#5D8CA6", park: "#16302A", parkName: "#5F927F", road: "#2A364F",
  street: "#1B2437", edge: "#0E1420", built: "#131A28", area: "#3A4865",
};

/** Whether an element stands on ink: its nearest theme says so, else the device's choice. */
export function isInk(element: HTMLElement): boolean {
  const theme = element.closest<HTMLElement>("[data-theme]")?.dataset.theme;
  return theme ? theme === "ink" : window.matchMedia("(prefers-color-scheme: dark)").matches;
}

/** The colours for an element: its theme decides, then the tokens `--map-…`. */
export function coloursFor(element: HTMLElement): Colours {
  const base = isInk(element) ? INK : PAPER;
  const style = getComputedStyle(element);
  const named = (Object.keys(base) as (keyof Colours)[]).map((key) => {
    const token = `--map-${key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
    return [key, key === "ground" ? base[key] : style.getPropertyValue(token).trim() || base[key]];
  });
  return Object.fromEntries(named) as unknown as Colours;
}
