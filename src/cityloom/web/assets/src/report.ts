/**
 * The report page with scripts: three steps, photos made small, a pin that is already there, and a draft that is
 * kept while typing and sent when there is a connection. Without scripts the same form is one page.
 */
import { canKeep, dropDraft, keepDraft, listDrafts, type Draft } from "./drafts";
import { PhotoWell } from "./photos";
import { settle, trySending } from "./sending";
import { suggestPlaces } from "./suggest";
import { Steps } from "./steps";

const SAVE_AFTER_MS = 400;
const CLOSE_M = 100;
const OWN_TRY_MS = 60_000; // so long nobody else sends what this page is sending
const NOT_KEPT = new Set(["csrfmiddlewaretoken", "key", "asked", "photos", "website", "seems"]);

type SyncRegistration = ServiceWorkerRegistration & { sync?: { register(tag: string): Promise<void> } };

class ReportForm {
  private readonly well: PhotoWell;
  private readonly steps: Steps;
  private keeps: boolean;
  private key: string;
  private timer = 0;
  private sending = false;
  private askedForPlace = false;

  constructor(private readonly form: HTMLFormElement) {
    this.keeps = form.dataset.kiosk === undefined;
    form.dataset.step = form.dataset.begin ?? "1";
    this.key = this.field("key").value;
    this.well = new PhotoWell(form.querySelector<HTMLElement>("[data-well]")!, Number(form.dataset.most));
    this.well.onchange = () => {
      this.changed();
      void this.save();
    };
    this.well.onplace = (lon, lat) => this.photoKnows(lon, lat);
    this.steps = new Steps(form, (step) => this.entered(step), () => this.hasMatter());
    suggestPlaces(this.field("address"), (lon, lat) => this.put(lon, lat));
    for (const button of form.querySelectorAll("[data-place-here]")) button.addEventListener("click", () => this.ask(true));
    form.addEventListener("input", () => this.changed());
    form.addEventListener("change", () => this.changed());
    form.addEventListener("cityloom:pin", () => this.noted("pin"));
    this.part("seems").addEventListener("change", (event) => this.takeClass(event));
    document.addEventListener("visibilitychange", () => void this.save()); // phones put pages away without notice
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      void this.send();
    });
    window.addEventListener("pageshow", (event) => {
      if (event.persisted) location.replace(location.pathname); // what was sent is not shown as if it were not
    });
    void this.begin();
  }

  private async begin(): Promise<void> {
    this.keeps &&= await canKeep();
    if (this.keeps) await this.restore();
    else this.steps.start();
    this.form.dataset.ready = "";
  }

  private field(name: string): HTMLInputElement {
    return this.form.elements.namedItem(name) as HTMLInputElement;
  }

  private part(name: string): HTMLElement {
    return this.form.querySelector<HTMLElement>(`[data-part="${name}"]`)!;
  }

  // --- the draft ---

  private fields(): Record<string, string> {
    const found: Record<string, string> = {};
    for (const [name, value] of new FormData(this.form)) {
      if (!NOT_KEPT.has(name) && typeof value === "string") found[name] = value;
    }
    return found;
  }

  private draft(state: Draft["state"]): Draft {
    const { photos } = this.well;
    return { key: this.key, state, fields: this.fields(), photos, at: Date.now(), notBefore: 0, said: "" };
  }

  private changed(): void {
    this.part("refusal").hidden = true;
    if (!this.keeps) return;
    clearTimeout(this.timer);
    this.timer = window.setTimeout(() => void this.save(), SAVE_AFTER_MS);
  }

  private async save(): Promise<void> {
    const draft = this.draft("writing");
    if (!this.keeps || this.sending || !(draft.fields.words || draft.photos.length)) return;
    await keepDraft(draft);
  }

  /** Go on with what was being written, or with what the server refused and the person wants to mend. */
  private async restore(): Promise<void> {
    const mended = location.hash.startsWith("#mend=") ? location.hash.slice(6) : "";
    const drafts = await listDrafts();
    const draft = drafts.find(({ key }) => key === mended) ?? drafts.find(({ state }) => state === "writing");
    if (this.form.dataset.fresh === undefined) {
      this.steps.start(); // the server has just shown what was sent: that goes before the draft
      return;
    }
    if (draft && !this.field("words").value && (draft.fields.words || draft.photos.length)) {
      this.key = draft.key;
      for (const [name, value] of Object.entries(draft.fields)) this.fill(name, value);
      this.well.put(draft.photos);
      this.part("restored").hidden = false;
      this.part("afresh").addEventListener("click", () => void this.afresh());
      if (draft.said) this.refused(draft.said);
      this.tell();
    } else if ("randomUUID" in crypto) {
      this.key = crypto.randomUUID(); // a page from the shell has an old one
    }
    this.field("key").value = this.key;
    this.steps.start();
  }

  private fill(name: string, value: string): void {
    const field = this.form.elements.namedItem(name);
    if (field instanceof HTMLInputElement && field.type === "checkbox") field.checked = value === field.value;
    else if (field instanceof HTMLInputElement || field instanceof HTMLTextAreaElement) field.value = value;
    else if (field instanceof HTMLSelectElement) field.value = value;
  }

  private async afresh(): Promise<void> {
    this.keeps = false; // else the page, as it is put away, keeps once more what was just dropped
    clearTimeout(this.timer);
    await dropDraft(this.key);
    location.replace(location.pathname);
  }

  /** A class that the words seem to be about goes into its field, where it can be changed again. */
  private takeClass(event: Event): void {
    const code = event.target instanceof HTMLElement ? event.target.dataset.take : undefined;
    if (!code) return;
    this.fill("class", code);
    this.field("class").dispatchEvent(new Event("change", { bubbles: true }));
  }

  // --- the steps ---

  private hasMatter(): boolean {
    const has = this.field("words").value.trim() !== "" || this.well.photos.length > 0;
    this.part("nothing").hidden = has;
    if (!has) this.field("words").focus();
    return has;
  }

  private entered(step: number): void {
    if (step === 2 && !this.hasPlace() && !this.askedForPlace && this.keeps) this.ask(false);
  }

  // --- the place ---

  private hasPlace(): boolean {
    return this.field("lon").value !== "" && this.field("lat").value !== "";
  }

  private put(lon: number, lat: number, how = "pin"): void {
    this.field("lon").value = lon.toFixed(6);
    this.field("lat").value = lat.toFixed(6);
    this.noted(how);
    this.tell();
    this.changed();
  }

  /** The pin follows its fields, and the page asks for the place's name. */
  private tell(): void {
    this.field("lon").dispatchEvent(new Event("change", { bubbles: true }));
  }

  private noted(how: string): void {
    for (const note of this.form.querySelectorAll<HTMLElement>("[data-note]")) note.hidden = note.dataset.note !== how;
  }

  private isInCity(lon: number, lat: number): boolean {
    const [west, south, east, north] = (this.form.dataset.bounds ?? "").split(",").map(Number);
    return lon >= west! && lon <= east! && lat >= south! && lat <= north!;
  }

  /** A photo knows where it was taken: its place is used by whoever agreed, and offered to everybody else. */
  private photoKnows(lon: number, lat: number): void {
    if (!this.isInCity(lon, lat)) return;
    const agreed = this.field("use_photo_place");
    const offer = this.part("photo-place");
    const use = () => {
      agreed.checked = true;
      offer.hidden = true;
      this.put(lon, lat, "photo");
    };
    if (agreed.checked && !this.hasPlace()) return use();
    offer.hidden = false;
    this.part("photo-place-yes").onclick = use;
    this.part("photo-place-no").onclick = () => (offer.hidden = true);
  }

  /** Ask the phone where it is; a place outside the city is no help. */
  private ask(wanted: boolean): void {
    this.askedForPlace = true;
    if (!("geolocation" in navigator) || !window.isSecureContext) return this.noted(wanted ? "no-here" : "");
    this.noted("asking");
    navigator.geolocation.getCurrentPosition(
      ({ coords: { longitude, latitude, accuracy } }) => {
        if (!wanted && this.hasPlace()) return this.noted("pin"); // the person was faster
        if (!this.isInCity(longitude, latitude)) return this.noted("outside");
        this.put(longitude, latitude, accuracy > CLOSE_M ? "here-rough" : "here");
      },
      () => this.noted(this.hasPlace() ? "pin" : wanted ? "no-here" : ""),
      { enableHighAccuracy: true, timeout: 10_000, maximumAge: 30_000 },
    );
  }

  // --- sending ---

  private async send(): Promise<void> {
    if (this.sending || !this.hasMatter()) {
      if (!this.sending) this.steps.go(1);
      return;
    }
    this.sending = true;
    clearTimeout(this.timer);
    this.form.toggleAttribute("data-sending", true);
    const notBefore = Date.now() + OWN_TRY_MS;
    const draft = { ...this.draft("waiting"), notBefore, fields: { ...this.fields(), website: this.field("website").value } };
    if (this.keeps) await keepDraft(draft);
    const outcome = await trySending(draft);
    this.form.toggleAttribute("data-sending", false);
    if (this.keeps) await settle(draft, outcome);
    if (outcome.state === "sent") {
      const { code = "", url = "" } = outcome.told;
      location.assign(this.form.dataset.sent?.replace("CODE", code) ?? url);
    } else if (outcome.state === "refused") {
      if (this.keeps) await keepDraft({ ...draft, state: "writing" });
      this.sending = false;
      this.refused(outcome.said);
    } else if (this.keeps) {
      await this.keptForLater();
    } else {
      this.sending = false;
      this.refused(this.form.dataset.noLine ?? "");
    }
  }

  private refused(said: string): void {
    const box = this.part("refusal");
    this.part("refusal-said").textContent = said;
    box.hidden = false;
    box.scrollIntoView({ block: "center" });
  }

  private async keptForLater(): Promise<void> {
    document.dispatchEvent(new Event("cityloom:kept"));
    const later = document.querySelector<HTMLElement>("[data-later]")!;
    this.form.hidden = true;
    later.hidden = false;
    later.querySelector<HTMLElement>("h2")?.focus();
    const registration: SyncRegistration | undefined = await navigator.serviceWorker?.getRegistration();
    await registration?.sync?.register("send").catch(() => undefined); // the page itself tries again, too
  }
}

for (const form of document.querySelectorAll<HTMLFormElement>("form[data-report]")) new ReportForm(form);
