/** A stop with scripts: arrival noted, photos made small, the result sent now or, without a line, later and once. */
import { frame, sendFromField, showRefusal, wellsOf } from "./fieldbox";
import { askHere, metres, showDistances } from "./place";

for (const form of document.querySelectorAll<HTMLFormElement>("form[data-visit]")) begin(form);

function begin(form: HTMLFormElement): void {
  const wells = wellsOf(form);
  let sending = false;
  const field = (name: string) => form.elements.namedItem(name) as HTMLInputElement;
  const arrive = form.querySelector<HTMLButtonElement>("[data-arrive]")!;
  arrive.hidden = false;
  arrive.addEventListener("click", () => void noteArrival(form, arrive, field));
  form.addEventListener("submit", (event) => {
    const result = (event as SubmitEvent).submitter as HTMLButtonElement | null;
    if (!result?.value || form.dataset.plain !== undefined) return;
    event.preventDefault();
    if (sending) return;
    sending = true;
    void send(result).finally(() => (sending = false));
  });

  async function send(result: HTMLButtonElement): Promise<void> {
    form.toggleAttribute("data-sending", true);
    const outcome = await sendFromField({
      form, key: field("key").value, title: form.dataset.title ?? "",
      photos: wells.flatMap(({ photos }) => photos), more: { result: result.value },
    });
    form.toggleAttribute("data-sending", false);
    if (outcome === null) {
      form.dataset.plain = "";
      form.requestSubmit(result);
    } else if (outcome.state === "refused") {
      showRefusal(outcome.said);
    } else {
      const { url = frame().dataset.home ?? "", number = "" } = outcome.state === "sent" ? outcome.told : {};
      const query = new URLSearchParams({ done: result.value, number });
      location.assign(outcome.state === "sent" ? `${url}?${query}` : url);
    }
  }
}

async function noteArrival(form: HTMLFormElement, button: HTMLButtonElement, field: (name: string) => HTMLInputElement): Promise<void> {
  const now = new Date();
  field("arrived_at").value = now.toISOString();
  button.classList.add("done");
  const said = form.querySelector<HTMLElement>("[data-arrived-said]")!;
  const at = now.toLocaleTimeString(document.documentElement.lang, { hour: "2-digit", minute: "2-digit", hour12: false });
  said.textContent = form.dataset.arrived?.replace("{at}", at) ?? "";
  said.hidden = false;
  const { lon, lat } = document.querySelector<HTMLElement>("[data-far]")?.dataset ?? {};
  const here = await askHere();
  if (!here || !lon || !lat) return;
  const off = Math.round(metres(here.lon, here.lat, Number(lon), Number(lat)));
  field("metres").value = String(off);
  said.textContent = form.dataset.arrivedOff?.replace("{at}", at).replace("{m}", String(off)) ?? "";
  showDistances(here);
}
