import type { Clock } from '../../../shared/clock.ts';
import type { MeshError } from '../../../shared/errors.ts';
import { logger, shortId } from '../../../shared/log.ts';
import { lesserOf, nextLower, type Quality } from '../../../shared/tasks/upscale.ts';
import { DropOldestQueue } from '../drop-oldest-queue.ts';
import type { CapturedFrame, FrameSink } from '../frame.ts';
import type { VideoChannel } from '../transport/video-channel.ts';
import type { DetailHistories } from '../verify/detail-history.ts';
import type { UpscaleTile } from '../verify/tile-check.ts';
import { ProbeSchedule } from './probe-schedule.ts';
import type { HelpForecast } from './side-choice.ts';
import { type ReadyVolunteer, VolunteerRoute } from './volunteer-route.ts';

const log = logger('stream.volunteers');

export interface VolunteerPoolOptions {
  clock: Clock;
  random(): number;
  upscaleTile: UpscaleTile;
  histories: DetailHistories;
  /** Usual time between two frames of the source, ms. */
  intervalMs(): number;
  sink: FrameSink;
  onSent(sizeBytes: number): void;
  onReceived(sizeBytes: number): void;
  /** Volunteers must be asked for no better quality than this, because this machine cannot check it. Called again if even this is too good. */
  onLimited(best: Quality): void;
  /** A route failed and was removed. */
  onFailed(streamId: number, error: MeshError): void;
}

interface Member {
  route: VolunteerRoute;
  probes: ProbeSchedule;
  wasSilent: boolean;
}

/**
 * The volunteers of one stream. Each frame goes to the one that is expected to return it first. While one volunteer is not enough, the
 * frames are thereby shared in proportion to speed; otherwise the others stand by and are probed now and then. A frame that would return
 * sooner by waiting for a busy volunteer waits, and a newer frame may replace it.
 */
export class VolunteerPool {
  readonly #options: VolunteerPoolOptions;
  /** By stream id. */
  readonly #members = new Map<number, Member>();
  readonly #waiting: DropOldestQueue<CapturedFrame>;
  #allowed: Quality | null = null;
  /** The best quality that this machine can check, as far as that was found out; null: every one so far. */
  #limit: Quality | null = null;

  constructor(options: VolunteerPoolOptions) {
    this.#options = options;
    this.#waiting = new DropOldestQueue(1, (captured) => this.#drop(captured));
  }

  /** Codec of the busiest volunteer; empty without one. */
  get codec(): string {
    return this.#responsive()[0]?.route.setup.codec ?? '';
  }

  /** Names the volunteers in sentences; null while none responds. */
  get name(): string | null {
    const [first, ...others] = this.#responsive();
    if (!first) return null;
    return others.length === 0 ? first.route.name : `${first.route.name} and ${others.length} more`;
  }

  /** Names a volunteer in sentences; null if it is not in the pool. */
  nameOf(volunteerId: string): string | null {
    for (const { route } of this.#members.values()) if (route.volunteerId === volunteerId) return route.name;
    return null;
  }

  /** What help to expect; null while no volunteer responds. */
  get forecast(): (Omit<HelpForecast, 'inTimeShare'> & { delayMs: number }) | null {
    // The first one gets most of the frames.
    const [first] = this.#responsive();
    const { name } = this;
    if (!first || name === null) return null;
    const { meter, downlinkKbps } = first.route;
    return { name, quality: meter.quality, downlinkKbps, delayMs: meter.delayMs };
  }

  set fps(fps: number) {
    for (const { route } of this.#members.values()) route.fps = fps;
  }

  /** Volunteers are asked for this quality from now on. */
  allow(quality: Quality): void {
    const allowed = lesserOf(quality, this.#limit);
    this.#allowed = allowed;
    for (const { route } of this.#members.values()) route.allow(allowed);
  }

  /** Throws MeshError `unsupported-browser` if this browser cannot encode for the volunteer. */
  add(ready: ReadyVolunteer, channel: VideoChannel): void {
    const { clock, random, upscaleTile, histories, sink, onSent, onReceived } = this.#options;
    const { streamId } = ready.setup;
    this.remove(streamId);
    const route = new VolunteerRoute({
      ready,
      channel,
      clock,
      random,
      upscaleTile,
      history: histories.of(ready.volunteerId),
      sink,
      onSent,
      onReceived,
      sourceMs: () => this.#options.intervalMs(),
      onChanged: () => this.#changed(streamId),
      onUncheckable: (quality) => this.#limitBelow(quality),
      onFailed: (error) => this.#failed(streamId, error),
    });
    // It may have been set up before the settings changed.
    if (this.#allowed) route.allow(this.#allowed);
    if (this.#limit) route.limit(this.#limit);
    this.#members.set(streamId, { route, probes: new ProbeSchedule(), wasSilent: false });
    const { codec } = ready.setup;
    log.info('added', { volunteer: shortId(ready.volunteerId), stream: streamId, codec });
    this.#pump();
  }

  /** Disposes the route with this id, if there is one. Its frames count as dropped. */
  remove(streamId: number): void {
    const member = this.#members.get(streamId);
    this.#members.delete(streamId);
    member?.route.dispose();
  }

  /** The connection to this volunteer is lost: its routes fail. */
  connectionLost(volunteerId: string, error: MeshError): void {
    for (const [streamId, { route }] of [...this.#members]) {
      if (route.volunteerId === volunteerId) this.#failed(streamId, error);
    }
  }

  clear(): void {
    this.#waiting.clear();
    for (const streamId of [...this.#members.keys()]) this.remove(streamId);
  }

  /** Takes ownership of the frame. */
  offer(captured: CapturedFrame): void {
    this.#waiting.put(captured);
    this.#pump();
  }

  /** Sends copies to idle volunteers that were not measured for a while. */
  probeIdle(copy: () => CapturedFrame): void {
    const nowMs = this.#options.clock.now();
    for (const { route, probes } of this.#responsive()) {
      if (!route.isIdle) continue;
      const delayMs = route.meter.isMeasured ? route.meter.delayMs : null;
      if (route.hasCapacity() && probes.wants(nowMs, delayMs)) route.send(copy());
    }
  }

  restartProbes(): void {
    for (const { probes } of this.#members.values()) probes.restart();
  }

  /** Volunteers that are not silent; first the one that would return a frame first, last those whose detail was of no use. */
  #responsive(): Member[] {
    const nowMs = this.#options.clock.now();
    return [...this.#members.values()]
      .filter(({ route }) => !route.silent)
      .sort(
        ({ route: a }, { route: b }) =>
          Number(b.isUseful) - Number(a.isUseful) || a.meter.expectMs(nowMs) - b.meter.expectMs(nowMs),
      );
  }

  #pump(): void {
    const route = this.#choose();
    const captured = route && this.#waiting.take();
    if (captured) route.send(captured);
  }

  /** The volunteer for the next frame; null if the frame had better wait. */
  #choose(): VolunteerRoute | null {
    const nowMs = this.#options.clock.now();
    const responsive = this.#responsive();
    const soonestMs = responsive[0]?.route.meter.expectMs(nowMs) ?? 0;
    const free = responsive.find(({ route }) => route.hasCapacity())?.route;
    if (!free) return null;
    // A frame that returns when newer ones are already on the screen is useless.
    return free.meter.expectMs(nowMs) <= soonestMs + this.#options.intervalMs() ? free : null;
  }

  #changed(streamId: number): void {
    const member = this.#members.get(streamId);
    if (!member) return;
    const { silent, volunteerId } = member.route;
    if (silent !== member.wasSilent) {
      log.info(silent ? 'silent' : 'heard again', { volunteer: shortId(volunteerId), stream: streamId });
    }
    member.wasSilent = silent;
    this.#pump();
  }

  #limitBelow(uncheckable: Quality): void {
    const best = nextLower(uncheckable);
    if (this.#limit && lesserOf(best, this.#limit) === this.#limit) return;
    log.warn('quality cannot be checked here', { uncheckable, best });
    this.#limit = best;
    if (this.#allowed) this.#allowed = lesserOf(this.#allowed, best);
    for (const { route } of this.#members.values()) route.limit(best);
    this.#options.onLimited(best);
  }

  /** Removes the route where it failed and reports the failure, once. */
  #failed(streamId: number, error: MeshError): void {
    const member = this.#members.get(streamId);
    if (!member) return;
    const volunteer = shortId(member.route.volunteerId);
    log.warn('failed', { volunteer, stream: streamId, reason: error.reason });
    this.remove(streamId);
    this.#options.onFailed(streamId, error);
  }

  #drop(captured: CapturedFrame): void {
    captured.frame.close();
    this.#options.sink.onDropped(captured, 'superseded');
  }
}
