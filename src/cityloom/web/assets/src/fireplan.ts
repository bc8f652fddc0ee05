/** Plans of floors: a click says where the chosen device hangs; the number fields say the same without a mouse. */

const SVG = "http://www.w3.org/2000/svg";

function known(code: string): HTMLOptionElement | undefined {
  return [...document.querySelectorAll<HTMLOptionElement>("#hangable option")].find(({ value }) => value === code);
}

function perCent(part: number, whole: number): string {
  return (Math.min(100, Math.max(0, (100 * part) / whole))).toFixed(1);
}

/** One floor: its drawing, the three fields of its form, and a ring where the device is about to hang. */
function open(floor: HTMLElement): void {
  const plan = floor.querySelector<SVGSVGElement>("svg.plan");
  const device = floor.querySelector<HTMLInputElement>("[data-device]");
  const left = floor.querySelector<HTMLInputElement>("[data-left]");
  const top = floor.querySelector<HTMLInputElement>("[data-top]");
  if (!plan || !device || !left || !top) return;
  const box = plan.viewBox.baseVal;
  const ring = document.createElementNS(SVG, "circle");
  ring.setAttribute("class", "aim");
  ring.setAttribute("r", String(box.width / 40));

  const aim = (): void => {
    if (left.value === "" || top.value === "") return ring.remove();
    ring.setAttribute("cx", String((box.width * left.valueAsNumber) / 100));
    ring.setAttribute("cy", String((box.height * top.valueAsNumber) / 100));
    plan.append(ring);
  };
  const choose = (): void => {
    const found = known(device.value);
    if (!found || found.dataset.floor !== floor.querySelector<HTMLInputElement>("[name=floor]")?.value) return;
    [left.value, top.value] = [found.dataset.left ?? "", found.dataset.top ?? ""];
    aim();
  };
  plan.addEventListener("click", (event) => {
    const seen = plan.getBoundingClientRect();
    left.value = perCent(event.clientX - seen.left, seen.width);
    top.value = perCent(event.clientY - seen.top, seen.height);
    aim();
    if (device.value === "") device.focus();
  });
  device.addEventListener("change", choose);
  for (const field of [left, top]) field.addEventListener("input", aim);
  for (const button of floor.querySelectorAll<HTMLElement>("[data-pick]")) {
    button.addEventListener("click", () => {
      device.value = button.dataset.pick ?? "";
      choose();
      left.focus();
    });
  }
  aim();
}

for (const floor of document.querySelectorAll<HTMLElement>("[data-drawing]")) open(floor);
