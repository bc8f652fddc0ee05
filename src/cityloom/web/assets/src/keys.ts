/** Keys of a desk: one letter is one act, except where somebody types or the list of keys is open. */

type Act = () => void;

/** `?` and the page's button show the keys; `typing` names where letters are text; `otherwise` finds what is no letter. */
export function listenForKeys(
  acts: Record<string, Act>,
  typing: string,
  otherwise: (key: string) => Act | undefined = () => undefined,
): void {
  const help = document.querySelector<HTMLDialogElement>("[data-keyhelp]");
  document.addEventListener("keydown", (event) => {
    if (event.target instanceof HTMLElement && event.target.closest(typing)) return;
    if (event.ctrlKey || event.metaKey || event.altKey || help?.open) return;
    const act = event.key === "?" ? () => help?.showModal() : (acts[event.key.toLowerCase()] ?? otherwise(event.key));
    if (!act) return;
    event.preventDefault();
    act();
  });
  document.querySelector("[data-keys]")?.addEventListener("click", () => help?.showModal());
}
