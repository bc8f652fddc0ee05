/** The map's colours: the page's tokens where the style sheet defines them, else the paper or ink set. */

export interface Colours {
  ground: string;
  line: string;
  text: string;
  halo: string;
  accent: string;
  onTime: string;
  dueSoon: string;
  overdue: string;
  closed: string;
  water: string;
  park: string;
  road: string;
  built: string;
  area: string;
}

const PAPER: Colours = {
  ground: "#FAF8F4", line: "#E4DFD6", text: "#1B1F24", halo: "#FAF8F4", accent: "#0B6E63",
  onTime: "#2F7D5B", dueSoon: "#B7791F", overdue: "#C2402A", closed: "#6B7280",
  water: "#CFE3EA", park: "#D5E5CF", road: "#FFFFFF", built: "#EFEBE3", area: "#B9B0A0",
};

const INK: Colours = {
  ground: "#0E1420", line: "#26324A", text: "#E8ECF3", halo: "#0E1420", accent: "#3CCFB4",
  onTime: "#4FC38A", dueSoon: "#F2B84B", overdue: "#FF6B57", closed: "#7C879C",
  water: "#12293A", park: "#16302A", road: "#2A364F", built: "#131A28", area: "#3A4865",
};

/** The colours for an element: `data-theme` of the nearest ancestor decides, then the tokens `--map-…`. */
export function coloursFor(element: HTMLElement): Colours {
  const ink = element.closest<HTMLElement>("[data-theme]")?.dataset.theme === "ink";
  const base = ink ? INK : PAPER;
  const style = getComputedStyle(element);
  const named = (Object.keys(base) as (keyof Colours)[]).map((key) => {
    const token = `--map-${key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
    return [key, style.getPropertyValue(token).trim() || base[key]];
  });
  return Object.fromEntries(named) as unknown as Colours;
}
