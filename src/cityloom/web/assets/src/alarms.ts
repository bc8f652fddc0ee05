/** Keys of the list of alarms: J and K go through it, X ticks, Enter opens, A acknowledges those ticked. */

import { listenForKeys } from "./keys";

const list = document.querySelector<HTMLElement>("[data-alarms]");

function lines(): HTMLElement[] {
  return [...(list?.querySelectorAll<HTMLElement>("[data-line]") ?? [])];
}

function current(): number {
  return lines().findIndex((line) => line.contains(document.activeElement));
}

function go(step: number): void {
  const all = lines();
  const next = all[Math.min(all.length - 1, Math.max(0, current() + step))];
  next?.querySelector<HTMLAnchorElement>("[data-open]")?.focus();
  next?.scrollIntoView({ block: "nearest" });
}

const acts = {
  j: () => go(1),
  k: () => go(-1),
  x: () => lines()[current()]?.querySelector<HTMLInputElement>("input[type=checkbox]")?.click(),
  a: () => {
    if (list?.querySelector("input[type=checkbox]:checked")) list.querySelector<HTMLButtonElement>(".bulk button")?.click();
  },
};

listenForKeys(acts, "input:not([type=checkbox]), select, textarea");
