import type { Clock } from '../../../shared/clock.ts';
import type { MeshError } from '../../../shared/errors.ts';
import { DropOldestQueue } from '../drop-oldest-queue.ts';
import type { CapturedFrame, FrameSink, SharpFrame } from '../frame.ts';
import { totalMs } from '../frame-timing.ts';
import { RecentMedian } from '../rolling-statistics.ts';
import type { VideoChannel } from '../transport/video-channel.ts';
import { ProbeSchedule } from './probe-schedule.ts';
import { type Forecast, poolForecast } from './side-choice.ts';
import { type ReadyVolunteer, VolunteerRoute } from './volunteer-route.ts';

export interface VolunteerPoolOptions {
  clock: Clock;
  random(): number;
  sink: FrameSink;
  onSent(sizeBytes: number): void;
  onReceived(sizeBytes: number): void;
  /** A volunteer fell silent, and what it holds may never come. */
  onSilent(): void;
  onFailed(streamId: number, error: MeshError): void;
}

interface Member {
  route: VolunteerRoute;
  trials: ProbeSchedule;
  wasSilent: boolean;
}

/**
 * The volunteers of one stream. Each frame goes to the one that is expected to have it back first, which shares the frames in
 * proportion to what each can do once one is not enough; the others stand by, tried now and then. A frame that would be back sooner
 * by waiting for a busy one waits, and a newer one may take its place.
 */
export class VolunteerPool {
  readonly #options: VolunteerPoolOptions;
  /** By the number of the volunteer's stream. */
  readonly #members = new Map<number, Member>();
  readonly #waiting: DropOldestQueue<CapturedFrame>;
  readonly #sink: FrameSink;
  readonly #delayMs = new RecentMedian();
  readonly #sourceMs = new RecentMedian();
  #newestMs: number | null = null;
  #fps: number;

  constructor(options: VolunteerPoolOptions, fps: number) {
    this.#options = options;
    this.#fps = fps;
    this.#waiting = new DropOldestQueue(1, (captured) => this.#drop(captured));
    this.#sink = { ...options.sink, onSharp: (sharp) => this.#sharpened(sharp) };
  }

  /** Of the one that has the most to do; empty without one. */
  get codec(): string {
    return this.#listening()[0]?.route.setup.codec ?? '';
  }

  /** For a person; null while nobody listens. */
  get name(): string | null {
    const [first, ...others] = this.#listening();
    if (!first) return null;
    return others.length === 0 ? first.route.name : `${first.route.name} and ${others.length} more`;
  }

  /** Of a volunteer that was added; null of any other. */
  nameOf(volunteerId: string): string | null {
    for (const { route } of this.#members.values()) if (route.volunteerId === volunteerId) return route.name;
    return null;
  }

  /** Glass to glass through whoever it was lately, or as predicted, ms. */
  get delayMs(): number {
    const predictions = this.#listening().map(({ route }) => route.meter.delayMs);
    return this.#delayMs.value ?? Math.min(...predictions);
  }

  /** Between two of the source's frames, ms. */
  get intervalMs(): number {
    return Math.max(this.#sourceMs.value ?? 0, 1000 / this.#fps);
  }

  /** Null while nobody listens. */
  forecast(): (Forecast & { name: string }) | null {
    const { name } = this;
    if (name === null) return null;
    const routes = this.#listening().map(({ route }) => ({
      delayMs: route.meter.delayMs,
      serviceMs: route.intervalMs,
    }));
    // Most frames go to the first.
    const quality = this.#listening()[0]?.route.meter.quality ?? null;
    return { name, ...poolForecast(this.delayMs, routes, this.#fps, quality) };
  }

  set fps(fps: number) {
    this.#fps = fps;
    for (const { route } of this.#members.values()) route.fps = fps;
  }

  /** Throws MeshError `unsupported-browser` if frames for it cannot be encoded. */
  add(ready: ReadyVolunteer, channel: VideoChannel): void {
    const { clock, random, onSent, onReceived, onFailed } = this.#options;
    const { streamId } = ready.setup;
    this.drop(streamId);
    const route = new VolunteerRoute({
      ...{ ready, channel, clock, random, sink: this.#sink, onSent, onReceived },
      sourceMs: () => this.intervalMs,
      onChanged: () => this.#changed(streamId),
      onFailed: (error) => {
        this.drop(streamId);
        onFailed(streamId, error);
      },
    });
    this.#members.set(streamId, { route, trials: new ProbeSchedule(), wasSilent: false });
    this.#pump();
  }

  drop(streamId: number): void {
    const member = this.#members.get(streamId);
    this.#members.delete(streamId);
    member?.route.dispose();
  }

  /** Nothing more will come from this volunteer. Returns the numbers of its streams. */
  lost(volunteerId: string): number[] {
    const streamIds = [...this.#members].flatMap(([id, { route }]) => (route.volunteerId === volunteerId ? [id] : []));
    for (const streamId of streamIds) this.drop(streamId);
    return streamIds;
  }

  clear(): void {
    this.#waiting.clear();
    for (const streamId of [...this.#members.keys()]) this.drop(streamId);
    this.#delayMs.clear();
  }

  /** Takes the frame over. */
  offer(captured: CapturedFrame): void {
    if (this.#newestMs !== null) this.#sourceMs.add(captured.capturedMs - this.#newestMs);
    this.#newestMs = captured.capturedMs;
    this.#waiting.put(captured);
    this.#pump();
  }

  /** Sends copies to those that have none of the frames and were not measured for a while. */
  tryOthers(copy: () => CapturedFrame): void {
    const nowMs = this.#options.clock.now();
    for (const { route, trials } of this.#listening()) {
      if (!route.isIdle) continue;
      const delayMs = route.meter.isMeasured ? route.meter.delayMs : null;
      if (route.hasRoom() && trials.wants(nowMs, delayMs)) route.send(copy());
    }
  }

  restartProbes(): void {
    for (const { trials } of this.#members.values()) trials.restart();
  }

  isOlderExpected(frameId: number): boolean {
    for (const { route } of this.#members.values()) if (route.isOlderExpected(frameId)) return true;
    return false;
  }

  /** Those that give signs of life, the soonest first. */
  #listening(): Member[] {
    const nowMs = this.#options.clock.now();
    return [...this.#members.values()]
      .filter(({ route }) => !route.silent)
      .sort((a, b) => a.route.meter.expectMs(nowMs) - b.route.meter.expectMs(nowMs));
  }

  #pump(): void {
    const route = this.#choose();
    const captured = route && this.#waiting.take();
    if (captured) route.send(captured);
  }

  /** Null: a frame does better to wait. */
  #choose(): VolunteerRoute | null {
    const nowMs = this.#options.clock.now();
    const listening = this.#listening();
    const soonestMs = listening[0]?.route.meter.expectMs(nowMs) ?? 0;
    const free = listening.find(({ route }) => route.hasRoom())?.route;
    if (!free) return null;
    // One that comes back after the next frames are on the screen is of no use.
    return free.meter.expectMs(nowMs) <= soonestMs + this.intervalMs ? free : null;
  }

  #changed(streamId: number): void {
    const member = this.#members.get(streamId);
    if (!member) return;
    const fellSilent = member.route.silent && !member.wasSilent;
    member.wasSilent = member.route.silent;
    if (fellSilent) this.#options.onSilent();
    this.#pump();
  }

  #sharpened(sharp: SharpFrame): void {
    if (sharp.purpose === 'show') this.#delayMs.add(totalMs(sharp.stagesAt(this.#options.clock.now())));
    this.#options.sink.onSharp(sharp);
  }

  #drop(captured: CapturedFrame): void {
    captured.frame.close();
    this.#options.sink.onDropped(captured, 'superseded');
  }
}
