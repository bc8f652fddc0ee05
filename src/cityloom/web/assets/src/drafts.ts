/**
 * What the phone keeps by itself, in a box for each kind of page: what is being written or waits to be sent, and the
 * list of what was sent from it.
 */

const DRAFTS = "drafts";
const MINE = "mine";

export interface KeptPhoto {
  name: string;
  type: string;
  data: ArrayBuffer;
  /** The field it is sent in, where a form has several. */
  well?: string;
}

/** `writing`: the form itself. `waiting`: sent as soon as there is a connection. `refused`: the server said no. */
export interface Draft {
  key: string;
  state: "writing" | "waiting" | "refused";
  fields: Record<string, string>;
  photos: KeptPhoto[];
  at: number;
  /** Not to be tried again before this moment (milliseconds). */
  notBefore: number;
  /** What the server said when it refused. */
  said: string;
  /** Where it goes, what it is called, whose it is: where a box holds drafts of several forms and people. */
  to?: string;
  title?: string;
  by?: string;
}

export interface Mine {
  code: string;
  number: string;
  matter: string;
  url: string;
  at: number;
}

export class Box {
  constructor(private readonly name: string) {}

  private opened(): Promise<IDBDatabase> {
    return new Promise((resolve, reject) => {
      const asked = indexedDB.open(this.name, 1);
      asked.onupgradeneeded = () => {
        asked.result.createObjectStore(DRAFTS, { keyPath: "key" });
        asked.result.createObjectStore(MINE, { keyPath: "code" });
      };
      asked.onsuccess = () => resolve(asked.result);
      asked.onerror = () => reject(asked.error);
    });
  }

  private async run<T>(store: string, mode: IDBTransactionMode, act: (s: IDBObjectStore) => IDBRequest<T>): Promise<T> {
    const database = await this.opened();
    try {
      return await new Promise<T>((resolve, reject) => {
        const work = database.transaction(store, mode);
        const asked = act(work.objectStore(store));
        work.oncomplete = () => resolve(asked.result);
        work.onerror = () => reject(work.error);
        work.onabort = () => reject(work.error);
      });
    } finally {
      database.close();
    }
  }

  /** Whether this browser keeps anything at all: some keep nothing in their private windows. */
  async canKeep(): Promise<boolean> {
    try {
      (await this.opened()).close();
      return true;
    } catch {
      return false; // no store, or one that may not be opened: the pages work without it
    }
  }

  keepDraft = (draft: Draft) => this.run(DRAFTS, "readwrite", (store) => store.put(draft));
  /** Keep what became of a draft, unless its person has dropped it meanwhile. */
  updateDraft = (draft: Draft) => this.run<Draft | undefined>(DRAFTS, "readwrite", (store) => {
    const there = store.get(draft.key);
    there.onsuccess = () => there.result && store.put(draft);
    return there;
  });
  dropDraft = (key: string) => this.run(DRAFTS, "readwrite", (store) => store.delete(key));

  /** All drafts, the oldest first. */
  listDrafts = async (): Promise<Draft[]> => {
    const found = (await this.run(DRAFTS, "readonly", (store) => store.getAll())) as Draft[];
    return found.sort((one, other) => one.at - other.at);
  };

  keepMine = (mine: Mine) => this.run(MINE, "readwrite", (store) => store.put(mine));
  dropMine = (code: string) => this.run(MINE, "readwrite", (store) => store.delete(code));

  /** What was sent from this phone, the newest first. */
  listMine = async (): Promise<Mine[]> => {
    const found = (await this.run(MINE, "readonly", (store) => store.getAll())) as Mine[];
    return found.sort((one, other) => other.at - one.at);
  };
}

/** The box of the resident's pages. */
export const RESIDENTS = new Box("cityloom");
export const canKeep = () => RESIDENTS.canKeep();
export const { keepDraft, dropDraft, listDrafts, keepMine, dropMine, listMine } = RESIDENTS;
