/** Keys of a list of cases: J and K go through it, Enter opens the one in focus, ? shows the keys. */

import { listenForKeys } from "./keys";

const list = document.querySelector<HTMLElement>("[data-lines]");

function go(step: number): void {
  const links = [...(list?.querySelectorAll<HTMLElement>("[data-line] [data-open]") ?? [])];
  const here = links.findIndex((link) => link === document.activeElement);
  const next = links[here < 0 ? (step > 0 ? 0 : links.length - 1) : Math.min(links.length - 1, Math.max(0, here + step))];
  next?.focus();
  next?.scrollIntoView({ block: "nearest" });
}

listenForKeys({ j: () => go(1), k: () => go(-1) }, "input, select, textarea");
