/** A day again: its cases at any minute, from one answer that holds when each was open. */

type Row = [lon: number, lat: number, began: number, ended: number | null, due: number | null, urgent: number, number: string];

export interface Day {
  day: string;
  minutes: number;
  cases: Row[];
}

export interface Moment {
  minute: number;
  features: GeoJSON.Feature[];
  came: number;
  closed: number;
  open: number;
  overdue: number;
}

const NEW_MIN = 12;

/** What stood open in that minute, and what had come and gone since midnight. Pure. */
export function momentOf(day: Day, minute: number): Moment {
  const found: Moment = { minute, features: [], came: 0, closed: 0, open: 0, overdue: 0 };
  for (const [lon, lat, began, ended, due, , number] of day.cases) {
    if (began >= 0 && began <= minute) found.came += 1;
    if (ended !== null && ended >= 0 && ended <= minute) found.closed += 1;
    if (began > minute || (ended !== null && ended <= minute)) continue;
    found.open += 1;
    const late = due !== null && due <= minute;
    if (late) found.overdue += 1;
    const s = late ? "late" : minute - began < NEW_MIN ? "new" : "open";
    found.features.push({ type: "Feature", properties: { s, number }, geometry: { type: "Point", coordinates: [lon, lat] } });
  }
  return found;
}

export class Replay {
  private day: Day | null = null;
  private minute = 0;
  private frame = 0;
  private before = 0;
  private drawn = 0;
  speed = 600;

  constructor(private readonly url: string, private readonly draw: (moment: Moment, last: number) => void, private readonly ended: () => void) {}

  get isPlaying(): boolean {
    return this.frame !== 0;
  }

  /** Show that minute; asks for the day first if need be. */
  async goTo(minute: number): Promise<void> {
    this.day ??= (await (await fetch(this.url, { credentials: "same-origin" })).json()) as Day;
    this.minute = Math.max(0, Math.min(this.day.minutes, minute));
    this.draw(momentOf(this.day, Math.floor(this.minute)), this.day.minutes);
  }

  async play(from: number): Promise<void> {
    await this.goTo(this.day && from >= this.day.minutes ? 0 : from);
    this.before = performance.now();
    this.frame = requestAnimationFrame((now) => this.step(now));
  }

  pause(): void {
    cancelAnimationFrame(this.frame);
    this.frame = 0;
  }

  private step(now: number): void {
    if (!this.day) return;
    this.minute += ((now - this.before) / 60_000) * this.speed;
    this.before = now;
    const last = this.minute >= this.day.minutes;
    if (last || now - this.drawn > 120) {
      this.drawn = now;
      this.minute = Math.min(this.minute, this.day.minutes);
      this.draw(momentOf(this.day, Math.floor(this.minute)), this.day.minutes);
    }
    if (last) {
      this.pause();
      this.ended();
      return;
    }
    this.frame = requestAnimationFrame((next) => this.step(next));
  }
}
