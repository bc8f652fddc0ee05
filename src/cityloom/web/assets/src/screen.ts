/**
 * The one screen. The page is whole without this: links drill, lists prove, a reload renews. Here they become one
 * movement: the map goes along, the figures follow the live stream, a new case draws a thread to its unit, and the
 * thread of the day plays it again.
 */
import { Live, type NewCase, type Pulse, type State } from "./screenlive";
import { ScreenMap, type View } from "./screenmap";
import { Replay, type Moment } from "./screenreplay";

const PARTS = ["top", "left", "right", "thread"];
const RENEW_MS = 30_000;
const SVG = "http://www.w3.org/2000/svg";

const root = document.querySelector<HTMLElement>("[data-screen]");
if (root) start(root);

function start(screen: HTMLElement): void {
  const calm = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
  const holder = screen.querySelector<HTMLElement>("[data-screen-map]");
  const map = holder ? new ScreenMap(holder, viewOf(screen), (code) => void go(withArea(code))) : null;
  let live = listen();
  let replay = rewind();
  let moved = false;
  let signs: string | undefined;

  // --- going somewhere: the address says where, Back works -------------------------------------------------------

  function withArea(code: string): string {
    const words = new URLSearchParams(window.location.search);
    words.set("area", code);
    words.delete("t");
    return `?${words}`;
  }

  async function go(search: string, push = true): Promise<void> {
    const answer = await fetch(window.location.pathname + search, { credentials: "same-origin" });
    if (!answer.ok || answer.redirected) {
      window.location.assign(search || window.location.pathname);
      return;
    }
    const next = new DOMParser().parseFromString(await answer.text(), "text/html");
    const other = next.querySelector<HTMLElement>("[data-screen]");
    if (!other) return;
    if (push) history.pushState(null, "", window.location.pathname + search);
    document.title = next.title;
    take(other);
    map?.replay(null);
    map?.show(viewOf(screen));
    live.stop();
    live = listen();
    replay.pause();
    replay = rewind();
    const minute = minuteOfAddress();
    if (minute !== null) void replay.goTo(minute);
  }

  function take(other: HTMLElement): void {
    for (const part of PARTS) {
      const [mine, theirs] = [screen, other].map((each) => each.querySelector(`[data-part="${part}"]`));
      if (mine && theirs) mine.replaceWith(document.adoptNode(theirs));
    }
    for (const name of ["live", "pulse", "replay", "query", "bounds", "area", "depth"]) screen.dataset[name] = other.dataset[name] ?? "";
  }

  async function renew(): Promise<void> {
    if (replay.isPlaying || minuteOfAddress() !== null || document.hidden) return;
    const answer = await fetch(window.location.href, { credentials: "same-origin" });
    if (!answer.ok || answer.redirected) return;
    const other = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector<HTMLElement>("[data-screen]");
    if (!other) return;
    for (const part of ["left", "right"]) {
      const [mine, theirs] = [screen, other].map((each) => each.querySelector(`[data-part="${part}"]`));
      if (mine && theirs && !mine.contains(document.activeElement)) mine.replaceWith(document.adoptNode(theirs));
    }
    const [mine, theirs] = [screen, other].map((each) => each.querySelector(".bars"));
    if (mine && theirs) mine.replaceWith(document.adoptNode(theirs));
  }

  // --- what is told -----------------------------------------------------------------------------------------------

  function listen(): Live {
    return new Live(screen.dataset.live ?? "", screen.dataset.pulse ?? "", hear, tell);
  }

  function hear(pulse: Pulse): void {
    if (minuteOfAddress() !== null || replay.isPlaying) return;
    for (const [key, value] of Object.entries(pulse.flow)) setFigure(key, value);
    setText("[data-clock]", pulse.clock);
    if (signs !== undefined && pulse.vital !== undefined && pulse.vital !== signs) {
      void renew();
      map?.renewSigns();
    }
    signs = pulse.vital ?? signs;
    if (pulse.cases.length) {
      moved = true;
      for (const each of pulse.cases.slice(0, 6)) weave(each);
    }
  }

  function tell(state: State): void {
    const line = screen.querySelector<HTMLElement>("[data-state]");
    const word = line?.querySelector("[data-state-word]");
    if (!line || !word || line.dataset.is === state) return;
    line.dataset.is = state;
    const now = screen.querySelector("[data-clock]")?.textContent ?? "";
    word.textContent = { live: line.dataset.liveWord, asking: line.dataset.askingWord, silent: line.dataset.silentWord?.replace("{time}", now) }[state] ?? "";
  }

  function setFigure(key: string, value: number): void {
    const figure = screen.querySelector<HTMLElement>(`[data-figure="${key}"]`);
    if (!figure || figure.textContent === String(value)) return;
    figure.textContent = String(value);
    figure.classList.toggle("zero", value === 0);
    figure.classList.remove("changed");
    void figure.offsetWidth;
    figure.classList.add("changed");
  }

  function setText(selector: string, text: string): void {
    const element = screen.querySelector(selector);
    if (element) element.textContent = text;
  }

  /** One thread from the place of a new case to its unit, once. */
  function weave(each: NewCase): void {
    const told = screen.querySelector<HTMLElement>("[data-told]");
    const words = screen.querySelector<HTMLElement>("[data-state]")?.dataset.newWord;
    if (told && words) {
      told.textContent = words.replace("{matter}", each.matter).replace("{place}", each.place);
      told.classList.add("shown");
      window.setTimeout(() => told.classList.remove("shown"), 5000);
    }
    const threads = screen.querySelector<SVGElement>("[data-threads]");
    if (calm || !threads || !map) return;
    const a = map.map.project(each.from);
    const b = each.to ? map.map.project(each.to) : a;
    const group = document.createElementNS(SVG, "g");
    const path = document.createElementNS(SVG, "path");
    const bend = { x: (a.x + b.x) / 2 + (b.y - a.y) * 0.18, y: (a.y + b.y) / 2 - (b.x - a.x) * 0.18 };
    path.setAttribute("d", `M${a.x},${a.y}Q${bend.x},${bend.y} ${b.x},${b.y}`);
    path.setAttribute("pathLength", "1");
    const knot = document.createElementNS(SVG, "circle");
    knot.setAttribute("cx", String(a.x));
    knot.setAttribute("cy", String(a.y));
    knot.setAttribute("r", "5");
    if (each.urgent) [path, knot].forEach((part) => part.classList.add("urgent"));
    group.dataset.number = each.number;
    group.setAttribute("transform", `scale(${map.scale})`);
    group.append(path, knot);
    threads.append(group);
    knot.addEventListener("animationend", () => group.remove());
  }

  // --- the day again ----------------------------------------------------------------------------------------------

  function rewind(): Replay {
    const made = new Replay(screen.dataset.replay ?? "", drawMoment, () => setPlaying(false));
    made.speed = Number(screen.querySelector<HTMLSelectElement>("[data-speed]")?.value ?? 600);
    return made;
  }

  function drawMoment(moment: Moment, last: number): void {
    map?.replay(moment.features);
    const slider = screen.querySelector<HTMLInputElement>("[data-slider]");
    if (slider) slider.value = String(moment.minute);
    showTime(moment.minute);
    setFigure("came", moment.came);
    setFigure("closed", moment.closed);
    setFigure("open", moment.open);
    setFigure("overdue", moment.overdue);
    setText("[data-clock]", clockOf(moment.minute));
    const words = new URLSearchParams(window.location.search);
    words.set("t", clockOf(Math.min(moment.minute, last)));
    if (!replay.isPlaying) history.replaceState(null, "", `?${words}`);
  }

  function showTime(minute: number): void {
    const at = screen.querySelector<HTMLElement>("[data-at]");
    if (!at) return;
    at.textContent = clockOf(minute);
    at.style.left = `${(minute / 1440) * 100}%`;
  }

  function setPlaying(on: boolean): void {
    const button = screen.querySelector<HTMLElement>("[data-play]");
    screen.querySelector(".replay")?.classList.toggle("playing", on);
    const word = button?.querySelector("span");
    if (button && word) word.textContent = (on ? button.dataset.pauseWord : button.dataset.playWord) ?? "";
  }

  async function playOrPause(): Promise<void> {
    if (replay.isPlaying) {
      replay.pause();
      setPlaying(false);
      return;
    }
    const at = minuteOfAddress();
    setPlaying(true);
    await replay.play(at ?? 0);
  }

  function toNow(): void {
    const words = new URLSearchParams(window.location.search);
    words.delete("t");
    replay.pause();
    void go(words.size ? `?${words}` : "");
  }

  // --- hands and keys ---------------------------------------------------------------------------------------------

  screen.addEventListener("click", (event) => {
    const target = event.target as HTMLElement;
    const link = target.closest<HTMLAnchorElement>("a[data-drill]");
    if (link && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
      event.preventDefault();
      void go(link.search);
    }
    if (target.closest("[data-play]")) void playOrPause();
    if (target.closest("[data-tables]")) tables();
    if (target.closest("[data-full]")) void (document.fullscreenElement ? document.exitFullscreen() : document.documentElement.requestFullscreen());
  });
  screen.addEventListener("input", (event) => {
    const target = event.target as HTMLElement;
    if (target.matches("[data-slider]")) {
      replay.pause();
      setPlaying(false);
      void replay.goTo(Number((target as HTMLInputElement).value));
    }
    if (target.matches("[data-speed]")) replay.speed = Number((target as HTMLSelectElement).value);
  });
  document.addEventListener("keydown", (event) => {
    const typing = (event.target as HTMLElement).matches("input[type=text], select, textarea");
    if (typing || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "t" || event.key === "T") tables();
    else if (event.key === " " && !(event.target as HTMLElement).matches("button, a")) {
      event.preventDefault();
      void playOrPause();
    } else if (event.key === "Escape") {
      if (minuteOfAddress() !== null || replay.isPlaying) toNow();
      else screen.querySelector<HTMLAnchorElement>(".way a:last-of-type")?.click();
    }
  });
  window.addEventListener("popstate", () => void go(window.location.search, false));
  window.setInterval(() => void renew(), RENEW_MS);
  window.setInterval(() => {
    if (moved) void map?.refresh(true);
    moved = false;
  }, 5000);
  const minute = minuteOfAddress();
  if (minute !== null) void replay.goTo(minute);

  function tables(): void {
    const on = screen.classList.toggle("tables");
    screen.querySelector("[data-tables]")?.setAttribute("aria-pressed", String(on));
  }
}

function viewOf(screen: HTMLElement): View {
  const bounds = (screen.dataset.bounds ?? "").split(",").map(Number.parseFloat);
  return { area: screen.dataset.area ?? "", depth: Number(screen.dataset.depth ?? 0), bounds };
}

function clockOf(minute: number): string {
  const whole = Math.min(1439, Math.floor(minute));
  return `${String(Math.floor(whole / 60)).padStart(2, "0")}:${String(whole % 60).padStart(2, "0")}`;
}

/** The minute that the address names as `t=16:20`; null without one. */
function minuteOfAddress(): number | null {
  const told = /^(\d{1,2}):(\d{2})$/.exec(new URLSearchParams(window.location.search).get("t") ?? "");
  return told ? Number(told[1]) * 60 + Number(told[2]) : null;
}
