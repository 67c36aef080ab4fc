import type { LoweredCause } from '../../../shared/messages.ts';
import { STREAM_LIMITS } from '../../../shared/protocol-limits.ts';
import { isNetwork, type Quality } from '../../../shared/tasks/upscale.ts';
import type { DropCause, UpscaledFrame } from '../frame.ts';
import { type FrameTiming, type StageTimes, summarize, totalMs } from '../frame-timing.ts';
import { percentile, SlidingWindow } from '../rolling-statistics.ts';
import type { Transport } from '../settings.ts';
import { type StreamReason, toWhy } from './stream-reason.ts';

/** The side that upscales the frames. */
export type Side = 'volunteers' | 'local';

/**
 * Figures of a stream. Each captured frame is counted once: as presented, or as dropped for one cause; the difference is still under
 * way. Times are in ms over the last `STREAM_LIMITS.statsWindowMs`; the stages add up to the glass-to-glass p50.
 */
export interface StreamStats {
  framesCaptured: number;
  /** Frames sent to volunteers, to be shown or only to measure a volunteer. */
  framesSent: number;
  /** Shown, with or without being sharpened. */
  framesPresented: number;
  /** Presented frames that a network sharpened on this computer. */
  framesLocal: number;
  /** Of the presented frames, those that a filter sharpened on this computer (`spatial`). */
  framesFiltered: number;
  /** Presented frames that were only enlarged. */
  framesUnsharpened: number;
  /** Of the presented frames, those that carried the detail that a volunteer made of them. */
  framesWithDetail: number;
  /** Age of a frame, since its capture, when its detail was shown. */
  detailAgeMs: { p50: number; p95: number };
  /**
   * What volunteers' detail is estimated to gain, dB of luma PSNR, over the enlarged frames, or beside the local pictures of them: from what
   * `bench -- glass` measured with this quality and rate, since live there is nothing to measure it against. Null without detail.
   */
  gainDb: number | null;
  /** By cause. Counted once a newer frame is on the screen: until then the frame may still be shown by another side. */
  framesDropped: Record<string, number>;
  /** Pictures a second, including frames shown again in a better quality. */
  fps: number;
  /** Of detail streams: all frames; otherwise those that were upscaled. 0 while there are none. */
  glassToGlassMs: { p50: number; p95: number };
  stagesMs: { name: string; p50: number }[];
  uplinkKbps: number;
  downlinkKbps: number;
  /** The codec of the busiest volunteer; empty without one. */
  codec: string;
  /** Each volunteer's share of the presented frames, 0..1: those that carried its detail, or were its pictures. */
  shares: { volunteerId: string; share: number }[];
  /** This computer's share, 0..1: the frames that it sharpened. What no share counts was only enlarged. */
  localShare: number;
  running: Side;
  /** Quality of the picture on the screen; null if it is shown as captured. Where it is below the chosen one, `why` says why. */
  quality: Quality | null;
  /**
   * Why the picture on the screen is below the chosen quality, or not sharpened; null when it is neither, or not for long. With quality
   * `auto` none was chosen, and only a picture that is not sharpened counts.
   */
  lowered: LoweredCause | null;
  /** The backend of this computer's own engine, such as `wgsl` (its GPU) or `wasm` (its processor); empty while it was not needed. */
  localBackend: string;
  /** What the stream does and why, for the user. */
  why: string;
  /** The same one by one, each with what it is about: for programs that show a part of it, or say it in their own words. */
  reasons: readonly StreamReason[];
}

/** Who sharpened a frame that was shown: a volunteer, or a network or a filter on this computer. */
export type ShownBy = 'volunteer' | 'network' | 'filter' | 'nobody';

/** Qualities that only enlarge. */
const ENLARGING: readonly Quality[] = ['bilinear', 'bicubic'];
/** Who counts where several had part in it: what a volunteer adds comes last. */
const RANK: Readonly<Record<ShownBy, number>> = { nobody: 0, filter: 1, network: 2, volunteer: 3 };

/**
 * Frames whose outcome may be open at a time: ten seconds at 60 fps, far longer than any frame is waited for.
 */
const MAX_OPEN_FRAMES = 600;

/** A frame of the source. Until a newer one comes it may be repeated, each time under a new id. */
interface OpenFrame {
  firstId: number;
  lastId: number;
  cause: DropCause | null;
  shownBy: ShownBy | null;
}

/**
 * Counts the outcome of each source frame once: shown, or dropped for one cause, or still open. Frames are shown in order, so a frame
 * older than the one on the screen is settled. Until then, a frame that one side dropped may still be shown by another, and a frame shown as
 * it was may still get its detail.
 */
export class FrameAccounting {
  readonly shown: Record<ShownBy, number> = { volunteer: 0, network: 0, filter: 0, nobody: 0 };
  readonly dropped = new Map<DropCause, number>();
  /** Oldest first: the frame on the screen, if it may still be shown in a better quality, and the newer ones. */
  readonly #open: OpenFrame[] = [];

  /** The source gave a frame. Its id is higher than all before. */
  captured(frameId: number): void {
    this.#open.push({ firstId: frameId, lastId: frameId, cause: null, shownBy: null });
    if (this.#open.length > MAX_OPEN_FRAMES) this.#settle(this.#open.splice(0, 1));
  }

  /** The newest frame goes through the stream again, under this id. */
  repeated(frameId: number): void {
    const newest = this.#open.at(-1);
    if (newest) newest.lastId = frameId;
  }

  /** One side will not show the frame. If no other side does, the first cause counts. */
  failed(frameId: number, cause: DropCause): void {
    const open = this.#find(frameId);
    if (open) open.cause ??= cause;
  }

  /** The newest frame was not sent to any side. */
  refused(cause: DropCause): void {
    const newest = this.#open.pop();
    if (newest) this.#settle([{ ...newest, cause }]);
  }

  /** The frame was shown. One that is shown again with more counts for who came last. */
  presented(frameId: number, by: ShownBy): void {
    const open = this.#find(frameId);
    if (!open) return;
    this.#settle(this.#open.splice(0, this.#open.indexOf(open)));
    if (open.shownBy !== null && RANK[by] <= RANK[open.shownBy]) return;
    if (open.shownBy !== null) this.shown[open.shownBy]--;
    open.shownBy = by;
    this.shown[by]++;
  }

  #find(frameId: number): OpenFrame | undefined {
    return this.#open.filter(({ firstId, lastId }) => firstId <= frameId && frameId <= lastId).at(-1);
  }

  #settle(frames: readonly OpenFrame[]): void {
    for (const { shownBy, cause } of frames) {
      if (shownBy !== null) continue;
      const counted = cause ?? 'late';
      this.dropped.set(counted, (this.dropped.get(counted) ?? 0) + 1);
    }
  }
}

interface Presented extends FrameTiming {
  frameId: number;
  /** Null: upscaled or let through by this machine. */
  volunteerId: string | null;
  isUpscaled: boolean;
  by: ShownBy;
}

const MAX_FRAMES_IN_WINDOW = (STREAM_LIMITS.maxFps * STREAM_LIMITS.statsWindowMs) / 1000;

/** What a stream knows besides its frames. */
type StreamState = Pick<StreamStats, 'codec' | 'running' | 'lowered' | 'localBackend' | 'reasons'> & {
  transport: Transport;
};

/** Collects a stream's figures: outcomes, timings and traffic of its frames. */
export class StreamStatistics {
  readonly #now: () => number;
  readonly #presented = new SlidingWindow<Presented>(STREAM_LIMITS.statsWindowMs, MAX_FRAMES_IN_WINDOW);
  readonly #upBytes = new SlidingWindow<number>(STREAM_LIMITS.statsWindowMs, MAX_FRAMES_IN_WINDOW);
  readonly #downBytes = new SlidingWindow<number>(STREAM_LIMITS.statsWindowMs, MAX_FRAMES_IN_WINDOW);
  readonly #accounting = new FrameAccounting();
  #framesCaptured = 0;
  #framesSent = 0;
  readonly #detailed = new SlidingWindow<{ ageMs: number; gainDb: number }>(
    STREAM_LIMITS.statsWindowMs,
    MAX_FRAMES_IN_WINDOW,
  );
  #last: Presented | null = null;
  #quality: Quality | null = null;
  #firstCapturedMs: number | null = null;

  constructor(now: () => number) {
    this.#now = now;
  }

  /** The source gave a frame. Its id is higher than all before. */
  captured(frameId: number): void {
    this.#firstCapturedMs ??= this.#now();
    this.#framesCaptured++;
    this.#accounting.captured(frameId);
  }

  /** The newest frame was not sent to any side. */
  refused(cause: DropCause): void {
    this.#accounting.refused(cause);
  }

  /** The newest frame goes through the stream again, under this id. */
  repeated(frameId: number): void {
    this.#accounting.repeated(frameId);
  }

  sent(sizeBytes: number): void {
    this.#framesSent++;
    this.#upBytes.add(sizeBytes, this.#now());
  }

  received(sizeBytes: number): void {
    this.#downBytes.add(sizeBytes, this.#now());
  }

  /** One side will not show the frame; another one still may. */
  dropped(frameId: number, cause: DropCause): void {
    this.#accounting.failed(frameId, cause);
  }

  /** The frame was drawn, for the first time or again with its detail. */
  presented(
    { frameId, volunteerId, outcome }: Pick<UpscaledFrame, 'frameId' | 'volunteerId' | 'outcome'>,
    stages: StageTimes,
  ): void {
    const isUpscaled = outcome !== null;
    this.#quality = outcome?.quality ?? null;
    const by = sharpenerOf(volunteerId, this.#quality);
    this.#accounting.presented(frameId, by);
    if (this.#last?.frameId === frameId) {
      Object.assign(this.#last, { volunteerId, isUpscaled, by });
      return;
    }
    this.#last = { frameId, volunteerId, isUpscaled, by, stages, totalMs: totalMs(stages) };
    this.#presented.add(this.#last, this.#now());
  }

  /** A frame was drawn with its own detail. */
  detailed(ageMs: number, gainDb: number): void {
    this.#detailed.add({ ageMs, gainDb }, this.#now());
  }

  report({ transport, ...state }: StreamState): StreamStats {
    const nowMs = this.#now();
    const presented = this.#presented.entries(nowMs);
    // A stream younger than the window has a shorter one; otherwise it would look slow.
    const spanMs = Math.min(STREAM_LIMITS.statsWindowMs, Math.max(1, nowMs - (this.#firstCapturedMs ?? nowMs)));
    const kbps = (bytes: SlidingWindow<number>) => (8 * bytes.entries(nowMs).reduce((sum, n) => sum + n, 0)) / spanMs;
    const { shown, dropped } = this.#accounting;
    const detailed = this.#detailed.entries(nowMs);
    const agesMs = detailed.map(({ ageMs }) => ageMs).sort((a, b) => a - b);
    return {
      framesCaptured: this.#framesCaptured,
      framesSent: this.#framesSent,
      framesPresented: shown.volunteer + shown.network + shown.filter + shown.nobody,
      framesLocal: shown.network,
      framesFiltered: shown.filter,
      framesUnsharpened: shown.nobody,
      framesWithDetail: transport === 'detail' ? shown.volunteer : 0,
      detailAgeMs: { p50: percentile(agesMs, 0.5), p95: percentile(agesMs, 0.95) },
      gainDb: detailed.length === 0 ? null : detailed.reduce((sum, { gainDb }) => sum + gainDb, 0) / detailed.length,
      framesDropped: Object.fromEntries(dropped),
      fps: presented.length > 1 ? (1000 * presented.length) / spanMs : 0,
      // Where the whole picture comes from elsewhere, a frame that was not upscaled is fast and says nothing about those that are.
      ...summarize(presented.filter(({ isUpscaled }) => isUpscaled || transport === 'detail')),
      uplinkKbps: kbps(this.#upBytes),
      downlinkKbps: kbps(this.#downBytes),
      shares: sharesOf(presented),
      localShare: localShareOf(presented),
      quality: this.#quality,
      why: toWhy(state.reasons),
      ...state,
    };
  }
}

function sharpenerOf(volunteerId: string | null, quality: Quality | null): ShownBy {
  if (quality === null) return 'nobody';
  if (volunteerId !== null) return 'volunteer';
  if (isNetwork(quality)) return 'network';
  return ENLARGING.includes(quality) ? 'nobody' : 'filter';
}

function localShareOf(presented: readonly Presented[]): number {
  const here = presented.filter(({ by }) => by === 'network' || by === 'filter');
  return presented.length === 0 ? 0 : here.length / presented.length;
}

/** Each volunteer's share of the presented frames. */
function sharesOf(presented: readonly Presented[]): StreamStats['shares'] {
  const counts = new Map<string, number>();
  for (const { volunteerId } of presented) {
    if (volunteerId !== null) counts.set(volunteerId, (counts.get(volunteerId) ?? 0) + 1);
  }
  return [...counts].map(([volunteerId, count]) => ({ volunteerId, share: count / presented.length }));
}
