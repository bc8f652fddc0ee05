/** What the wall is told: by the live stream; while that is silent, by asking every ten seconds. */

export interface NewCase {
  number: string;
  matter: string;
  place: string;
  urgent: boolean;
  from: [number, number];
  to: [number, number] | null;
}

export interface Pulse {
  at: string;
  clock: string;
  flow: Record<string, number>;
  cases: NewCase[];
  vital?: string; // changes with the vital signs
  live?: string;
}

export type State = "live" | "asking" | "silent";
const ASK_MS = 10_000;
const AGAIN_MS = 15_000;
const SILENT_MS = 40_000; // the stream speaks every fifteen seconds, also when nothing happens

export class Live {
  private stream: EventSource | null = null;
  private timers: number[] = [];
  private heardAt = Date.now();
  private lastAt = "";
  private lastId = "";

  constructor(private liveUrl: string, private readonly pulseUrl: string, private readonly hear: (pulse: Pulse) => void, private readonly tell: (state: State) => void) {
    if (!pulseUrl) return;
    this.listen();
    this.timers.push(window.setInterval(() => void this.ask(), ASK_MS));
  }

  stop(): void {
    this.stream?.close();
    this.timers.forEach(window.clearInterval);
  }

  private listen(): void {
    if (!this.liveUrl) {
      this.tell("asking");
      return;
    }
    const url = this.lastId ? `${this.liveUrl}&after=${this.lastId}` : this.liveUrl;
    const stream = new EventSource(url);
    this.stream = stream;
    stream.addEventListener("pulse", (event) => {
      this.lastId = event.lastEventId;
      this.take(JSON.parse(event.data as string) as Pulse, "live");
    });
    stream.addEventListener("again", () => {
      stream.close();
      this.stream = null;
      void this.again();
    });
    stream.addEventListener("error", () => {
      stream.close();
      this.stream = null;
      this.tell("silent");
      void this.ask();
      this.timers.push(window.setTimeout(() => void this.again(), AGAIN_MS));
    });
  }

  /** A new stream with a new token. */
  private async again(): Promise<void> {
    await this.ask(true);
    if (!this.stream) this.listen();
  }

  private isLive(): boolean {
    return this.stream?.readyState === EventSource.OPEN && Date.now() - this.heardAt < SILENT_MS;
  }

  private async ask(evenSo = false): Promise<void> {
    if (this.isLive() && !evenSo) return;
    try {
      const since = this.lastAt ? `&since=${encodeURIComponent(this.lastAt)}` : "";
      const answer = await fetch(this.pulseUrl + since, { credentials: "same-origin", headers: { Accept: "application/json" } });
      if (!answer.ok || answer.redirected) throw new Error(String(answer.status));
      const pulse = (await answer.json()) as Pulse;
      this.liveUrl = pulse.live ?? "";
      this.take(pulse, this.stream ? "live" : "asking");
    } catch (why) {
      console.info("no answer; asked again", why);
      this.tell("silent");
    }
  }

  private take(pulse: Pulse, state: State): void {
    this.heardAt = Date.now();
    this.lastAt = pulse.at;
    this.tell(state);
    this.hear(pulse);
  }
}
