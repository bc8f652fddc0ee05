/**
 * What every page of a resident has: maps that come when they are looked at, the reports sent from this phone and
 * those waiting to be sent, ways to keep a link, and the way onto the home screen.
 */
import { canKeep, dropDraft, dropMine, keepMine, listDrafts, listMine, type Draft } from "./drafts";
import { bringMapsLater } from "./later";
import { sendWaiting } from "./sending";

const TRY_EVERY_MS = 15_000;
const WORDS_SHOWN = 60;

interface InstallPrompt extends Event {
  prompt(): Promise<void>;
}

function part<T extends HTMLElement>(root: ParentNode, name: string): T | null {
  return root.querySelector<T>(`[data-part="${name}"]`);
}

function copyOf(section: HTMLElement): HTMLElement {
  return section.querySelector("template")!.content.firstElementChild!.cloneNode(true) as HTMLElement;
}

function dayOf(at: number): string {
  return new Date(at).toLocaleDateString(document.documentElement.lang, { month: "short", day: "numeric" });
}

// --- sent from this phone ---------------------------------------------------------------------------------------

async function showMine(): Promise<void> {
  const sections = document.querySelectorAll<HTMLElement>("[data-mine]");
  if (!sections.length) return;
  const all = await listMine();
  for (const section of sections) {
    section.hidden = all.length === 0;
    part(section, "list")?.replaceChildren(...all.map((mine) => {
      const item = copyOf(section);
      const link = part<HTMLAnchorElement>(item, "link")!;
      link.href = mine.url;
      link.textContent = mine.matter || mine.number;
      part(item, "day")!.textContent = `${dayOf(mine.at)} · ${mine.number}`;
      part(item, "forget")!.addEventListener("click", () => void dropMine(mine.code).then(showMine));
      return item;
    }));
  }
}

async function keepWhatWasSent(): Promise<void> {
  const { code, number = "", matter = "", url } = document.querySelector<HTMLElement>("[data-sent]")?.dataset ?? {};
  if (code && url) await keepMine({ code, number, matter, url, at: Date.now() });
}

// --- waiting to be sent -----------------------------------------------------------------------------------------

async function showWaiting(): Promise<void> {
  const section = document.querySelector<HTMLElement>("[data-waiting]");
  if (!section) return;
  const drafts = (await listDrafts()).filter(({ state }) => state !== "writing");
  section.hidden = drafts.length === 0;
  part(section, "list")?.replaceChildren(...drafts.map((draft) => waitingLine(section, draft)));
}

function waitingLine(section: HTMLElement, draft: Draft): HTMLElement {
  const item = copyOf(section);
  const refused = draft.state === "refused";
  part(item, "words")!.textContent = draft.fields.words?.slice(0, WORDS_SHOWN) || section.dataset.photos || "";
  part(item, "state")!.textContent = refused ? `${section.dataset.refused} ${draft.said}` : section.dataset.still ?? "";
  item.classList.toggle("refused", refused);
  const mend = part<HTMLAnchorElement>(item, "mend")!;
  mend.hidden = !refused;
  mend.href = `${section.dataset.form}#mend=${draft.key}`;
  const send = part(item, "send")!;
  send.hidden = refused;
  send.addEventListener("click", () => void sendAll(true));
  part(item, "drop")!.addEventListener("click", () => {
    if (window.confirm(section.dataset.drop)) void dropDraft(draft.key).then(showWaiting);
  });
  return item;
}

async function sendAll(now: boolean): Promise<void> {
  await sendWaiting(now);
  await Promise.all([showMine(), showWaiting()]);
}

// --- keeping the link -------------------------------------------------------------------------------------------

function keepLinks(): void {
  for (const button of document.querySelectorAll<HTMLButtonElement>("button[data-copy]")) {
    if (!navigator.clipboard) continue;
    button.hidden = false;
    button.addEventListener("click", () => {
      void navigator.clipboard.writeText(button.dataset.copy ?? "").then(() => {
        button.textContent = button.dataset.done ?? "";
      });
    });
  }
  for (const button of document.querySelectorAll<HTMLButtonElement>("button[data-share]")) {
    if (!navigator.share) continue;
    button.hidden = false;
    button.addEventListener("click", () => {
      const { share: url = "", title = "" } = button.dataset;
      navigator.share({ url, title }).catch((wrong: DOMException) => {
        if (wrong.name !== "AbortError") throw wrong; // closed without sharing
      });
    });
  }
}

function offerHomeScreen(): void {
  const box = document.querySelector<HTMLElement>("[data-install]");
  if (!box || window.matchMedia("(display-mode: standalone)").matches) return;
  const button = box.querySelector("button")!;
  if (/iP(hone|ad)/.test(navigator.userAgent)) {
    box.hidden = false;
    button.hidden = true;
    box.querySelector<HTMLElement>("[data-ios]")!.hidden = false;
  }
  window.addEventListener("beforeinstallprompt", (event) => {
    event.preventDefault();
    box.hidden = false;
    button.addEventListener("click", () => void (event as InstallPrompt).prompt());
  });
}

// --- the service worker of the report page ----------------------------------------------------------------------

async function keepShell(script: string): Promise<void> {
  await navigator.serviceWorker.register(script);
  const { active } = await navigator.serviceWorker.ready;
  const { lang, dataset } = document.documentElement;
  const looks = (["theme", "type"] as const).filter((name) => /^\w+$/.test(dataset[name] ?? ""));
  const files = document.querySelectorAll<HTMLLinkElement | HTMLScriptElement>('link[rel="stylesheet"], link[rel="icon"], script[src]');
  const paths = [...files].map((each) => new URL(each instanceof HTMLLinkElement ? each.href : each.src).pathname);
  active?.postMessage({
    kind: "shell",
    lang,
    look: looks.map((name) => ` data-${name}="${dataset[name]}"`).join(""),
    files: paths.filter((path) => !path.includes("/map.")),
  });
}

async function begin(): Promise<void> {
  keepLinks();
  offerHomeScreen();
  bringMapsLater();
  const script = document.querySelector<HTMLElement>("[data-worker]")?.dataset.worker;
  if (script && "serviceWorker" in navigator) {
    navigator.serviceWorker.addEventListener("message", () => void Promise.all([showMine(), showWaiting()]));
    void keepShell(script);
  }
  if (!(await canKeep())) return;
  await keepWhatWasSent();
  await Promise.all([showMine(), showWaiting()]);
  window.addEventListener("online", () => void sendAll(true));
  document.addEventListener("cityloom:kept", () => void showWaiting());
  window.setInterval(() => void sendAll(false), TRY_EVERY_MS);
  await sendAll(true);
}

void begin();
