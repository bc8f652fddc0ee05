/** What the phone keeps by itself: reports being written or waiting to be sent, and the list of those sent from it. */

const DATABASE = "cityloom";
const DRAFTS = "drafts";
const MINE = "mine";

export interface KeptPhoto {
  name: string;
  type: string;
  data: ArrayBuffer;
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
}

export interface Mine {
  code: string;
  number: string;
  matter: string;
  url: string;
  at: number;
}

function opened(): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const asked = indexedDB.open(DATABASE, 1);
    asked.onupgradeneeded = () => {
      asked.result.createObjectStore(DRAFTS, { keyPath: "key" });
      asked.result.createObjectStore(MINE, { keyPath: "code" });
    };
    asked.onsuccess = () => resolve(asked.result);
    asked.onerror = () => reject(asked.error);
  });
}

async function run<T>(store: string, mode: IDBTransactionMode, act: (s: IDBObjectStore) => IDBRequest<T>): Promise<T> {
  const database = await opened();
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
export async function canKeep(): Promise<boolean> {
  try {
    (await opened()).close();
    return true;
  } catch {
    return false; // no store, or one that may not be opened: the pages work without it
  }
}

export const keepDraft = (draft: Draft) => run(DRAFTS, "readwrite", (store) => store.put(draft));
export const dropDraft = (key: string) => run(DRAFTS, "readwrite", (store) => store.delete(key));

/** All drafts, the oldest first. */
export async function listDrafts(): Promise<Draft[]> {
  const found = (await run(DRAFTS, "readonly", (store) => store.getAll())) as Draft[];
  return found.sort((one, other) => one.at - other.at);
}

export const keepMine = (mine: Mine) => run(MINE, "readwrite", (store) => store.put(mine));
export const dropMine = (code: string) => run(MINE, "readwrite", (store) => store.delete(code));

/** The reports sent from this phone, the newest first. */
export async function listMine(): Promise<Mine[]> {
  const found = (await run(MINE, "readonly", (store) => store.getAll())) as Mine[];
  return found.sort((one, other) => other.at - one.at);
}
