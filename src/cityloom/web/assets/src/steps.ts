/** One step of a form at a time; the address keeps the step, so that the phone's Back goes one step back. */

const NAMES = ["what", "where", "send"];

export class Steps {
  private step = 1;

  constructor(
    private readonly form: HTMLFormElement,
    private readonly entered: (step: number) => void,
    private readonly mayLeave: () => boolean,
  ) {
    form.addEventListener("click", (event) => {
      const to = (event.target as Element).closest<HTMLElement>("[data-to]")?.dataset.to;
      if (to) this.go(Number(to));
    });
    form.addEventListener("keydown", (event) => {
      const isLine = event.target instanceof HTMLInputElement && event.target.type !== "submit";
      if (event.key !== "Enter" || !isLine || event.defaultPrevented || this.step === NAMES.length) return;
      event.preventDefault(); // Enter goes on; only the last step sends
      this.go(this.step + 1);
    });
    window.addEventListener("popstate", () => this.show(this.named()));
  }

  /** Show the first step, or the one the address names when there is something to go on with. */
  start(): void {
    const named = this.named();
    this.show(this.form.dataset.begin ? Number(this.form.dataset.begin) : named > 1 && this.mayLeave() ? named : 1);
  }

  go(step: number): void {
    if (step > this.step && !this.mayLeave()) return;
    if (step !== this.step) history.pushState(null, "", `#${NAMES[step - 1]}`);
    this.show(step);
    const head = this.form.querySelector<HTMLElement>(`[data-step-of="${step}"] h2`);
    head?.focus({ preventScroll: true });
    this.form.scrollIntoView({ block: "start" });
  }

  private named(): number {
    return Math.max(1, NAMES.indexOf(location.hash.slice(1)) + 1);
  }

  private show(step: number): void {
    this.step = step;
    this.form.dataset.step = String(step);
    for (const thread of this.form.querySelectorAll<HTMLElement>("[data-thread]")) {
      const number = Number(thread.dataset.thread);
      thread.classList.toggle("done", number < step);
      if (number === step) thread.setAttribute("aria-current", "step");
      else thread.removeAttribute("aria-current");
    }
    this.entered(step);
  }
}
