/**
 * Before and after on top of each other: a range input draws the later picture over the earlier one. Without this
 * script the two stand side by side. Markup: [data-compare] holds one [data-before] and one [data-after] picture, a
 * hidden [data-slide] with the range; thumbnails beside it with data-side put another picture on their side.
 */

function share(at: number, words: string): string {
  return words.replace("{percent}", String(Math.round(at)));
}

function start(compare: HTMLElement): void {
  const slide = compare.querySelector<HTMLElement>("[data-slide]");
  const range = slide?.querySelector<HTMLInputElement>('input[type="range"]');
  const stage = compare.querySelector<HTMLElement>("[data-stage]");
  const pictures = { before: compare.querySelector<HTMLImageElement>("[data-before]"), after: compare.querySelector<HTMLImageElement>("[data-after]") };
  if (!slide || !range || !stage || !pictures.before || !pictures.after) return;

  const draw = (): void => {
    compare.style.setProperty("--at", `${range.value}%`);
    range.setAttribute("aria-valuetext", share(Number(range.value), range.dataset.words ?? "{percent} %"));
  };
  const toPointer = (event: PointerEvent): void => {
    const box = stage.getBoundingClientRect();
    range.value = String(Math.min(100, Math.max(0, (100 * (event.clientX - box.left)) / box.width)));
    draw();
  };
  compare.toggleAttribute("data-on", true);
  slide.hidden = false;
  range.addEventListener("input", draw);
  stage.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    event.preventDefault();
    stage.setPointerCapture(event.pointerId);
    toPointer(event);
  });
  stage.addEventListener("pointermove", (event) => {
    if (stage.hasPointerCapture(event.pointerId)) toPointer(event);
  });
  draw();

  for (const link of document.querySelectorAll<HTMLAnchorElement>(`a[data-side][data-of="${compare.id}"]`)) {
    link.addEventListener("click", (event) => {
      if (event.ctrlKey || event.metaKey || event.shiftKey) return;
      const side = link.dataset.side === "after" ? "after" : "before";
      const picture = pictures[side];
      if (!picture) return;
      event.preventDefault();
      picture.src = link.href;
      for (const other of document.querySelectorAll(`a[data-side="${side}"][data-of="${compare.id}"]`)) {
        other.toggleAttribute("aria-current", false);
      }
      link.setAttribute("aria-current", "true");
    });
  }
}

for (const compare of document.querySelectorAll<HTMLElement>("[data-compare]")) start(compare);
export {};
