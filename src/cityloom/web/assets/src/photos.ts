/** The photo well: previews with a way to take a photo out again; what is kept was made small on the phone. */
import type { KeptPhoto } from "./drafts";
import { placeIn } from "./exif";

const LONGEST_SIDE = 2048;
const QUALITY = 0.86;

/** A photo as it is sent: upright, at most 2,048 pixels a side, without what the camera hid in it. */
async function shrunk(file: File): Promise<KeptPhoto> {
  try {
    const picture = await createImageBitmap(file, { imageOrientation: "from-image" });
    const scale = Math.min(1, LONGEST_SIDE / Math.max(picture.width, picture.height));
    const canvas = document.createElement("canvas");
    canvas.width = Math.round(picture.width * scale);
    canvas.height = Math.round(picture.height * scale);
    canvas.getContext("2d")?.drawImage(picture, 0, 0, canvas.width, canvas.height);
    picture.close();
    const small = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, "image/jpeg", QUALITY));
    if (small) return { name: "photo.jpg", type: "image/jpeg", data: await small.arrayBuffer() };
  } catch (wrong) {
    if (!(wrong instanceof DOMException)) throw wrong; // no picture this browser knows: the server says so
  }
  return { name: file.name, type: file.type, data: await file.arrayBuffer() };
}

export class PhotoWell {
  photos: KeptPhoto[] = [];
  /** Called after photos came or went. */
  onchange: () => void = () => {};
  /** Called with the place that the first photo with one remembers. */
  onplace: (lon: number, lat: number) => void = () => {};

  constructor(private readonly well: HTMLElement, private readonly most: number) {
    for (const input of well.querySelectorAll<HTMLInputElement>('input[type="file"]')) {
      input.addEventListener("change", () => void this.take(input));
    }
    well.addEventListener("dragover", (event) => event.preventDefault());
    well.addEventListener("drop", (event) => {
      event.preventDefault();
      void this.add([...(event.dataTransfer?.files ?? [])].filter(({ type }) => type.startsWith("image/")));
    });
  }

  private async take(input: HTMLInputElement): Promise<void> {
    const files = [...(input.files ?? [])];
    input.value = ""; // from here on the photos are sent from the list, not from the input
    await this.add(files);
  }

  private async add(files: File[]): Promise<void> {
    const room = this.most - this.photos.length;
    this.well.toggleAttribute("data-full", files.length >= room);
    this.well.toggleAttribute("data-too-many", files.length > room);
    for (const file of files.slice(0, Math.max(0, room))) {
      const place = placeIn(await file.slice(0, 262_144).arrayBuffer());
      this.photos.push(await shrunk(file));
      if (place) this.onplace(...place);
    }
    this.show();
    this.onchange();
  }

  /** Put these in place of what there was, as from a draft. */
  put(photos: KeptPhoto[]): void {
    this.photos = photos;
    this.show();
  }

  private show(): void {
    const list = this.well.querySelector<HTMLElement>("[data-shots]");
    if (!list) return;
    for (const image of list.querySelectorAll("img")) URL.revokeObjectURL(image.src);
    list.replaceChildren(...this.photos.map((photo, number) => this.shot(photo, number)));
    this.well.toggleAttribute("data-some", this.photos.length > 0);
    this.well.toggleAttribute("data-full", this.photos.length >= this.most);
  }

  private shot(photo: KeptPhoto, number: number): HTMLElement {
    const item = document.createElement("li");
    const image = document.createElement("img");
    image.src = URL.createObjectURL(new Blob([photo.data], { type: photo.type }));
    image.alt = (this.well.dataset.shot ?? "").replace("{n}", String(number + 1));
    const remove = document.createElement("button");
    remove.type = "button";
    remove.setAttribute("aria-label", (this.well.dataset.remove ?? "").replace("{n}", String(number + 1)));
    remove.addEventListener("click", () => {
      this.photos = this.photos.filter((each) => each !== photo);
      this.well.removeAttribute("data-too-many");
      this.show();
      this.onchange();
      this.well.querySelector<HTMLElement>("label")?.focus();
    });
    item.append(image, remove);
    return item;
  }
}
