/**
 * Sends a draft, from the page or from the service worker. A draft keeps its key over all tries, and the server
 * answers a key it knows as it did the first time: what was received is never received twice.
 */
import { dropDraft, keepDraft, keepMine, listDrafts, type Draft, type Mine } from "./drafts";

export const REPORT = "/report/";
const READY = "/report/ready/";
const AGAIN_MS = 20_000;

export type Outcome =
  | { state: "sent"; mine: Mine }
  | { state: "refused"; said: string }
  | { state: "later"; afterMs: number };

const LATER: Outcome = { state: "later", afterMs: AGAIN_MS };

async function jsonOf(answer: Response): Promise<Record<string, string> | null> {
  if (!answer.headers.get("Content-Type")?.includes("application/json")) return null;
  return (await answer.json()) as Record<string, string>;
}

function formOf(draft: Draft): FormData {
  const form = new FormData();
  for (const [name, value] of Object.entries(draft.fields)) form.set(name, value);
  form.set("key", draft.key);
  form.set("asked", "yes");
  for (const photo of draft.photos) form.append("photos", new Blob([photo.data], { type: photo.type }), photo.name);
  return form;
}

/** One try. Anything but a clear yes or no of the server itself means later: a dead line, a strange page, a full door. */
export async function trySending(draft: Draft): Promise<Outcome> {
  try {
    const ready = await jsonOf(await fetch(READY, { cache: "no-store" }));
    if (!ready?.token) return LATER;
    const answer = await fetch(REPORT, {
      method: "POST",
      body: formOf(draft),
      headers: { Accept: "application/json", "X-CSRFToken": ready.token },
    });
    const told = await jsonOf(answer);
    if (told?.state === "sent" && told.code && told.url) {
      const { code, url, number = "", matter = "" } = told;
      return { state: "sent", mine: { code, url, number, matter, at: Date.now() } };
    }
    if (told?.state === "refused" && answer.status < 500 && answer.status !== 429) {
      return { state: "refused", said: told.sentence ?? "" };
    }
    const wait = Number(answer.headers.get("Retry-After"));
    return { state: "later", afterMs: wait > 0 ? wait * 1000 : AGAIN_MS };
  } catch {
    return LATER; // no connection, or it broke: the draft is kept and tried again
  }
}

/** Keep what became of a draft. */
export async function settle(draft: Draft, outcome: Outcome): Promise<void> {
  if (outcome.state === "sent") {
    await keepMine(outcome.mine);
    await dropDraft(draft.key);
  } else if (outcome.state === "refused") {
    await keepDraft({ ...draft, state: "refused", said: outcome.said });
  } else {
    await keepDraft({ ...draft, state: "waiting", notBefore: Date.now() + outcome.afterMs });
  }
}

/** Send all that waits, one after the other; only one page or worker does so at a time. */
export async function sendWaiting(now = false): Promise<void> {
  if (!navigator.locks) return sendEach(now); // a page without TLS; the server counts a key once either way
  await navigator.locks.request("cityloom-send", { ifAvailable: true }, (lock) => (lock ? sendEach(now) : undefined));
}

async function sendEach(now: boolean): Promise<void> {
  for (const draft of await listDrafts()) {
    if (draft.state !== "waiting" || (!now && draft.notBefore > Date.now())) continue;
    await settle(draft, await trySending(draft));
  }
}
