/** The wells of an evidence tray: what was chosen is shown at once and can be taken out; what is no photo stays out. */

const TYPES = ["image/jpeg", "image/png", "image/webp"];

function start(well: HTMLElement): void {
  const input = well.querySelector<HTMLInputElement>('input[type="file"]');
  const list = well.querySelector<HTMLElement>("[data-shots]");
  const told = well.querySelector<HTMLElement>("[data-told]");
  if (!input || !list || !told) return;
  let kept: File[] = [];
  well.toggleAttribute("data-on", true);

  const write = (): void => {
    const files = new DataTransfer();
    for (const file of kept) files.items.add(file);
    input.files = files.files;
    for (const image of list.querySelectorAll("img")) URL.revokeObjectURL(image.src);
    list.replaceChildren(...kept.map(shot));
    well.toggleAttribute("data-some", kept.length > 0);
  };
  const shot = (file: File, number: number): HTMLElement => {
    const item = document.createElement("li");
    const image = document.createElement("img");
    image.src = URL.createObjectURL(file);
    image.alt = (well.dataset.shot ?? "").replace("{n}", String(number + 1));
    const remove = document.createElement("button");
    remove.type = "button";
    remove.className = "x";
    remove.setAttribute("aria-label", (well.dataset.remove ?? "").replace("{n}", String(number + 1)));
    remove.addEventListener("click", () => {
      kept = kept.filter((each) => each !== file);
      told.textContent = "";
      write();
      input.focus();
    });
    item.append(image, remove);
    return item;
  };
  const add = (files: File[]): void => {
    const photos = files.filter(({ type }) => TYPES.includes(type));
    const most = Number(well.dataset.most ?? "6");
    const others = files.filter(({ type }) => !TYPES.includes(type)).map(({ name }) => name);
    const room = Math.max(0, most - kept.length);
    told.textContent = [
      others.length ? (well.dataset.noPhoto ?? "").replace("{names}", others.join(well.dataset.comma ?? ", ")) : "",
      photos.length > room ? (well.dataset.full ?? "") : "",
    ].filter(Boolean).join(" ");
    kept = [...kept, ...photos.slice(0, room)];
    write();
  };
  input.addEventListener("change", () => {
    const files = [...(input.files ?? [])].filter((file) => !kept.includes(file));
    add(files);
  });
  well.addEventListener("dragover", (event) => event.preventDefault());
  well.addEventListener("drop", (event) => {
    event.preventDefault();
    add([...(event.dataTransfer?.files ?? [])]);
  });
}

for (const well of document.querySelectorAll<HTMLElement>("[data-well]")) start(well);
export {};
