/** Keys of the dispatcher's desk: J and K go through the list, D goes to the dispatch, M to the case alike, X ticks. */

import { listenForKeys } from "./keys";

const desk = document.querySelector<HTMLElement>("[data-desk]");

function lines(): HTMLElement[] {
  return [...(desk?.querySelectorAll<HTMLElement>("[data-line]") ?? [])];
}

function current(): number {
  const all = lines();
  const focused = all.findIndex((line) => line.contains(document.activeElement));
  return focused >= 0 ? focused : all.findIndex((line) => line.classList.contains("chosen"));
}

function go(step: number): void {
  const all = lines();
  const next = all[Math.min(all.length - 1, Math.max(0, current() + step))];
  next?.querySelector<HTMLAnchorElement>("[data-open]")?.click();
}

/** The first thing of the dispatch form that has to be filled in, else its button. */
function toDispatch(): void {
  const form = desk?.querySelector<HTMLFormElement>("[data-main] form");
  const first = form?.querySelector<HTMLElement>("select:invalid, input:invalid, textarea:invalid, button");
  first?.scrollIntoView({ block: "nearest" });
  first?.focus();
}

function tick(): void {
  const box = lines()[current()]?.querySelector<HTMLInputElement>("input[type=checkbox]");
  box?.click();
}

const acts = {
  j: () => go(1),
  k: () => go(-1),
  d: toDispatch,
  m: () => desk?.querySelector<HTMLAnchorElement>("[data-merge]")?.click(),
  x: tick,
};

listenForKeys(acts, "input:not([type=checkbox]), select, textarea");

/** The line that was opened is marked, and the pin goes to its place. */
function follow(opened: Element): void {
  for (const line of lines()) {
    const chosen = line.contains(opened);
    line.classList.toggle("chosen", chosen);
    const link = line.querySelector("[data-open]");
    if (chosen) link?.setAttribute("aria-current", "true");
    else link?.removeAttribute("aria-current");
    if (chosen) line.scrollIntoView({ block: "nearest" });
  }
}

function pin(): void {
  const place = desk?.querySelector<HTMLElement>("#athand [data-place]");
  for (const name of ["lon", "lat"]) {
    const input = desk?.querySelector<HTMLInputElement>(`#case-${name}`);
    if (!input) continue;
    input.value = place?.dataset[name] ?? "";
    input.dispatchEvent(new Event("change"));
  }
}

desk?.addEventListener("htmx:beforeRequest", (event) => {
  if (event.target instanceof Element && event.target.matches("[data-open]")) follow(event.target);
});
desk?.addEventListener("htmx:afterSettle", pin);
desk?.querySelector(".deskline.chosen")?.scrollIntoView({ block: "nearest" });
