/**
 * Sends drafts of a box, from a page or from a service worker. A draft keeps its key over all tries, and the server
 * answers a key it knows as it did the first time: what was received is never received twice.
 */
import type { Box, Draft } from "./drafts";

const AGAIN_MS = 20_000;

export type Told = Record<string, string>;
export type Outcome =
  | { state: "sent"; told: Told }
  | { state: "refused"; said: string }
  | { state: "later"; afterMs: number };

/** What is particular to the drafts of one box. */
export interface Way {
  /** Tells whether the server can be reached, with a form's token and who is signed in. */
  ready: string;
  lock: string;
  to(draft: Draft): string;
  /** Fields of the form beside those of the draft. */
  dress(form: FormData, draft: Draft): void;
  /** Whether the answer is a whole one. */
  isWhole(told: Told): boolean;
  /** Whether who is signed in may send it. */
  isOf(draft: Draft, login: string): boolean;
  /** Called with the answer before the draft goes. */
  sent(told: Told): Promise<unknown>;
}

const LATER: Outcome = { state: "later", afterMs: AGAIN_MS };

async function jsonOf(answer: Response): Promise<Told | null> {
  if (!answer.headers.get("Content-Type")?.includes("application/json")) return null;
  return (await answer.json()) as Told;
}

export class Sender {
  constructor(private readonly box: Box, private readonly way: Way) {}

  private formOf(draft: Draft): FormData {
    const form = new FormData();
    for (const [name, value] of Object.entries(draft.fields)) form.set(name, value);
    form.set("key", draft.key);
    this.way.dress(form, draft);
    for (const photo of draft.photos) {
      form.append(photo.well ?? "photos", new Blob([photo.data], { type: photo.type }), photo.name);
    }
    return form;
  }

  /** One try. Anything but a clear yes or no of the server itself means later: a dead line, a strange page, a full door. */
  trySending = async (draft: Draft): Promise<Outcome> => {
    try {
      const ready = await jsonOf(await fetch(this.way.ready, { cache: "no-store" }));
      if (!ready?.token) return LATER;
      if (!this.way.isOf(draft, ready.login ?? "")) return LATER; // somebody else is signed in, or nobody
      const answer = await fetch(this.way.to(draft), {
        method: "POST",
        body: this.formOf(draft),
        headers: { Accept: "application/json", "X-CSRFToken": ready.token },
      });
      const told = await jsonOf(answer);
      if (told?.state === "sent" && this.way.isWhole(told)) return { state: "sent", told };
      if (told?.state === "refused" && answer.status < 500 && answer.status !== 429) {
        return { state: "refused", said: told.sentence ?? "" };
      }
      const wait = Number(answer.headers.get("Retry-After"));
      return { state: "later", afterMs: wait > 0 ? wait * 1000 : AGAIN_MS };
    } catch {
      return LATER; // no connection, or it broke: the draft is kept and tried again
    }
  };

  /** Keep what became of a draft; one that its person dropped while it was being tried stays gone. */
  settle = async (draft: Draft, outcome: Outcome): Promise<void> => {
    if (outcome.state === "sent") {
      await this.way.sent(outcome.told);
      await this.box.dropDraft(draft.key);
    } else if (outcome.state === "refused") {
      await this.box.updateDraft({ ...draft, state: "refused", said: outcome.said });
    } else {
      await this.box.updateDraft({ ...draft, state: "waiting", notBefore: Date.now() + outcome.afterMs });
    }
  };

  /** Send all that waits, one after the other; only one page or worker does so at a time. */
  sendWaiting = async (now = false): Promise<void> => {
    if (!navigator.locks) return this.sendEach(now); // a page without TLS; the server counts a key once either way
    await navigator.locks.request(this.way.lock, { ifAvailable: true }, (lock) => (lock ? this.sendEach(now) : undefined));
  };

  private async sendEach(now: boolean): Promise<void> {
    for (const draft of await this.box.listDrafts()) {
      if (draft.state !== "waiting" || (!now && draft.notBefore > Date.now())) continue;
      await this.settle(draft, await this.trySending(draft));
    }
  }
}
