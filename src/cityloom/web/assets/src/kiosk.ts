/** A terminal in the street: after a while without a touch it counts down and clears away all that was typed. */

const dialog = document.querySelector<HTMLDialogElement>("dialog[data-idle]");

if (dialog) {
  const idleS = Number(dialog.dataset.idle);
  const warnS = Number(dialog.dataset.warn);
  const home = dialog.dataset.home ?? "/";
  const left = dialog.querySelector<HTMLElement>("[data-left]")!;
  let touched = performance.now();

  const clear = () => {
    for (const form of document.querySelectorAll("form")) form.reset();
    for (const field of document.querySelectorAll<HTMLInputElement>("input:not([type=hidden]), textarea")) field.value = "";
    sessionStorage.clear();
    location.replace(home);
  };
  const stay = () => {
    touched = performance.now();
    if (dialog.open) dialog.close();
  };
  for (const sign of ["pointerdown", "keydown", "wheel", "input"]) {
    document.addEventListener(sign, stay, { capture: true, passive: true });
  }
  dialog.querySelector("[data-clear]")?.addEventListener("click", clear);
  const isHome = location.pathname === home;
  window.setInterval(() => {
    const over = (performance.now() - touched) / 1000 - idleS;
    if (over < 0 || isHome) return;
    if (over >= warnS) return clear();
    left.textContent = String(Math.ceil(warnS - over));
    if (!dialog.open) dialog.showModal();
  }, 250);
  window.addEventListener("pageshow", (event) => {
    if (event.persisted) location.reload(); // no page of somebody else comes back by the browser's own memory
  });
  document.addEventListener("contextmenu", (event) => event.preventDefault());
}
