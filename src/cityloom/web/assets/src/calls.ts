/**
 * The callback agent's keys: Y and N for whether somebody answered, digits for the question that is asked now, J and K
 * between questions, M for their own words, Ctrl Enter records. What the try met is a digit as well.
 */

import { listenForKeys } from "./keys";

const page = document.querySelector<HTMLElement>("[data-calls]");
const questions = [...(page?.querySelectorAll<HTMLElement>("[data-question]") ?? [])];
const vain = page?.querySelector<HTMLElement>("[data-vain]");
const answers = page?.querySelector<HTMLFormElement>("[data-answers]");
const TYPING = "input:not([type=radio]), select, textarea";
let now = -1;

function choices(group: Element | null | undefined): HTMLElement[] {
  return [...(group?.querySelectorAll<HTMLElement>("input[type=radio], button[name=reached]") ?? [])];
}

function ask(number: number): void {
  now = Math.min(questions.length - 1, Math.max(0, number));
  page?.removeAttribute("data-missed");
  for (const [n, question] of questions.entries()) question.toggleAttribute("data-now", n === now);
  const group = choices(questions[now]) as HTMLInputElement[];
  (group.find(({ checked }) => checked) ?? group[0])?.focus();
}

/** The first question without an answer; past the last one the button that records. */
function next(): void {
  const open = questions.findIndex((question) => !question.querySelector("input:checked"));
  if (open >= 0) return ask(open);
  for (const question of questions) question.toggleAttribute("data-now", false);
  answers?.querySelector<HTMLElement>("[data-record]")?.focus();
}

function missed(): void {
  page?.setAttribute("data-missed", "");
  vain?.scrollIntoView({ block: "nearest" });
  choices(vain)[0]?.focus();
}

function digit(key: string): void {
  const group = choices(page?.hasAttribute("data-missed") ? vain : questions[Math.max(0, now)]);
  const chosen = group[Number(key) - 1];
  chosen?.click();
  if (chosen instanceof HTMLInputElement) next();
}

const acts = {
  p: () => page?.querySelector<HTMLElement>("[data-number]")?.click(),
  y: next,
  n: missed,
  j: () => ask(now + 1),
  k: () => ask(now - 1),
  m: () => page?.querySelector<HTMLElement>("#note")?.focus(),
  l: () => page?.querySelector<HTMLElement>("#later_at")?.focus(),
};

document.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) answers?.requestSubmit();
  else if (event.key === "Escape" && event.target instanceof HTMLElement && event.target.closest(TYPING)) event.target.blur();
});
listenForKeys(acts, TYPING, (key) => (/^[1-9]$/.test(key) ? () => digit(key) : undefined));
for (const question of questions) {
  question.addEventListener("focusin", () => {
    now = questions.indexOf(question);
    for (const other of questions) other.toggleAttribute("data-now", other === question);
  });
}
