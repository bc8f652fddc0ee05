/** The map comes when it is looked at: its scripts and styles are asked for once its place is on the screen. */

let asked = false;

function bring(): void {
  if (asked) return;
  asked = true;
  const style = document.createElement("link");
  style.rel = "stylesheet";
  style.href = new URL("./map.css", import.meta.url).href;
  style.addEventListener("load", draw);
  style.addEventListener("error", missing);
  document.head.append(style);
}

function draw(): void {
  const script = document.createElement("script");
  script.type = "module";
  script.src = new URL("./map.js", import.meta.url).href;
  script.addEventListener("error", missing);
  document.head.append(script);
}

/** Without a connection there is no map; the page says so in its place. */
function missing(): void {
  for (const map of document.querySelectorAll("[data-map]")) map.setAttribute("data-map-missing", "");
}

function isShown(map: Element): boolean {
  return map.getClientRects().length > 0 && !map.closest("[data-report]:not([data-step])");
}

export function bringMapsLater(): void {
  const watch = new IntersectionObserver((seen) => {
    // a form of steps that has not been put into steps yet shows its map for a moment only; what was seen may
    // have been hidden since, for this is told a moment later
    if (seen.some(({ isIntersecting, target }) => isIntersecting && isShown(target))) {
      watch.disconnect();
      bring();
    }
  });
  for (const map of document.querySelectorAll("[data-map]")) watch.observe(map);
}
