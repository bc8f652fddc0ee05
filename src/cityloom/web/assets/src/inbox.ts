/** Keys of a list of cases: J and K go through it, Enter opens the one in focus, ? shows the keys. */

const list = document.querySelector<HTMLElement>("[data-lines]");
const help = document.querySelector<HTMLDialogElement>("[data-keyhelp]");

function go(step: number): void {
  const links = [...(list?.querySelectorAll<HTMLElement>("[data-line] [data-open]") ?? [])];
  const here = links.findIndex((link) => link === document.activeElement);
  const next = links[here < 0 ? (step > 0 ? 0 : links.length - 1) : Math.min(links.length - 1, Math.max(0, here + step))];
  next?.focus();
  next?.scrollIntoView({ block: "nearest" });
}

const acts: Record<string, () => void> = { j: () => go(1), k: () => go(-1), "?": () => help?.showModal() };

document.addEventListener("keydown", (event) => {
  const typing = event.target instanceof HTMLElement && event.target.closest("input, select, textarea");
  if (typing || event.ctrlKey || event.metaKey || event.altKey || help?.open) return;
  const act = acts[event.key.toLowerCase()];
  if (!act) return;
  event.preventDefault();
  act();
});
document.querySelector("[data-keys]")?.addEventListener("click", () => help?.showModal());
export {};
