/** What the phone of somebody in the street keeps and sends: visits and reports, each as its own person. */
import { Box, type Draft, type KeptPhoto } from "./drafts";
import { PhotoWell } from "./photos";
import { Sender, type Outcome } from "./sender";

const OWN_TRY_MS = 60_000; // so long nobody else sends what this page is sending
const NOT_KEPT = new Set(["csrfmiddlewaretoken", "key", "picture"]);

export const FIELD_BOX = new Box("cityloom-field");
export const fieldSender = new Sender(FIELD_BOX, {
  ready: "/field/ready/",
  lock: "cityloom-field-send",
  to: (draft) => draft.to ?? "/field/",
  dress: () => undefined,
  isWhole: ({ url }) => Boolean(url),
  isOf: (draft, login) => login !== "" && login === draft.by,
  sent: async () => undefined,
});

type SyncRegistration = ServiceWorkerRegistration & { sync?: { register(tag: string): Promise<void> } };

export const frame = () => document.querySelector<HTMLElement>("[data-field]")!;

/** The wells of a form; a photo of each is sent under the well's own name. */
export function wellsOf(form: HTMLElement): PhotoWell[] {
  return [...form.querySelectorAll<HTMLElement>("[data-well]")].map((well) => {
    const made = new PhotoWell(well, Number(well.dataset.most));
    made.onchange = () => made.photos.forEach((photo) => (photo.well = well.dataset.name));
    return made;
  });
}

function fieldsOf(form: HTMLFormElement): Record<string, string> {
  const found: Record<string, string> = {};
  for (const [name, value] of new FormData(form)) {
    if (!NOT_KEPT.has(name) && typeof value === "string") found[name] = value;
  }
  return found;
}

export interface Sent {
  form: HTMLFormElement;
  key: string;
  title: string;
  photos: KeptPhoto[];
  more: Record<string, string>;
}

/** Keep it, try it once, and say what became of it; without a line it is kept and goes out later by itself. */
export async function sendFromField({ form, key, title, photos, more }: Sent): Promise<Outcome | null> {
  const draft: Draft = {
    key, state: "waiting", photos, title, said: "", at: Date.now(), notBefore: Date.now() + OWN_TRY_MS,
    fields: { ...fieldsOf(form), ...more, done_at: new Date().toISOString() },
    to: new URL(form.action).pathname,
    by: frame().dataset.login ?? "",
  };
  const keeps = await FIELD_BOX.canKeep();
  if (keeps) await FIELD_BOX.keepDraft(draft);
  const outcome = await fieldSender.trySending(draft);
  if (outcome.state === "refused") {
    if (keeps) await FIELD_BOX.dropDraft(key); // everything is still in the form, on this page
  } else if (keeps) {
    await fieldSender.settle(draft, outcome);
  } else if (outcome.state === "later") {
    return null; // nothing can be kept here: the form is sent by the browser itself
  }
  if (outcome.state === "later") {
    sessionStorage.setItem("field-told", title);
    const registration: SyncRegistration | undefined = await navigator.serviceWorker?.getRegistration();
    await registration?.sync?.register("send-field").catch(() => undefined); // the pages try again, too
  }
  return outcome;
}

/** Show why it was refused, on the page where all of it still stands. */
export function showRefusal(said: string): void {
  const box = document.querySelector<HTMLElement>("[data-refusal]")!;
  box.querySelector("[data-refusal-said]")!.textContent = said;
  box.hidden = false;
  box.scrollIntoView({ block: "center" });
}
