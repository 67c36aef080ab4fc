import type { Clock } from '../../../shared/clock.ts';
import { MeshError } from '../../../shared/errors.ts';
import { logger } from '../../../shared/log.ts';
import type { AppliedDetail, Composer, RawPicture } from '../compose/composer.ts';
import { DropOldestQueue } from '../drop-oldest-queue.ts';
import type { CapturedFrame, FrameDetail } from '../frame.ts';
import { localFrameStages } from '../frame-timing.ts';
import type { Patience } from './patience.ts';
import type { Screen } from './screen.ts';
import type { StreamStatistics } from './stream-statistics.ts';

const log = logger('stream.detail');

/** Frames already shown whose detail is still of use when it comes: a volunteer's detail is seldom later. */
const MAX_PAST = 3;

/** How the detail of a volunteer's frame is added. */
export type DetailTuning = (
  detail: FrameDetail,
) => Pick<AppliedDetail, 'weight' | 'deadZoneCodes'> & { gainDb: number };

export interface DetailPresenterOptions {
  clock: Clock;
  composer: Composer;
  screen: Screen;
  statistics: StreamStatistics;
  patience: Patience;
  /** Time between two frames of the source, ms. */
  intervalMs(): number;
  tuning: DetailTuning;
}

/** A frame of the source, from its capture until its detail is of no use any more. */
interface Entry {
  frameId: number;
  capturedMs: number;
  raw: RawPicture;
  /** Whether its detail may still come. */
  isExpected: boolean;
  /** Null until it comes. */
  detail: FrameDetail | null;
}

/**
 * Shows this machine's own frames, enlarged, each with its detail if that has come by its deadline. Detail that comes later is added to the
 * frame while it is on the screen, or to later frames where the source stood still; so a still picture keeps its detail, and a moving
 * one never gets that of another moment.
 */
export class DetailPresenter {
  readonly #options: DetailPresenterOptions;
  readonly #loading: DropOldestQueue<CapturedFrame & Pick<Entry, 'isExpected'>>;
  #isLoading = false;
  /** All whose pixels are kept. */
  readonly #held = new Set<Entry>();
  /** Not shown yet, oldest first. */
  #waiting: Entry[] = [];
  /** Shown, oldest first; the last one is on the screen or being drawn. */
  #past: Entry[] = [];
  /** The newest frame whose detail has come: what stood still since then keeps it. */
  #detailed: Entry | null = null;
  #due: Entry | null = null;
  #drawing: Entry | null = null;
  #cancelTimer = () => {};
  #isDisposed = false;

  constructor(options: DetailPresenterOptions) {
    this.#options = options;
    this.#loading = new DropOldestQueue(1, ({ frame, frameId }) => {
      frame.close();
      options.statistics.dropped(frameId, 'superseded');
    });
  }

  /** Takes ownership of a frame of the source. */
  offer(captured: CapturedFrame, isExpected: boolean): void {
    if (this.#isDisposed) {
      captured.frame.close();
      return;
    }
    this.#loading.put({ ...captured, isExpected });
    if (!this.#isLoading) void this.#load();
  }

  /** The detail of a frame has come. */
  add(detail: FrameDetail): void {
    const { clock, patience } = this.#options;
    const entry = [...this.#past, ...this.#waiting].find(({ frameId }) => frameId === detail.frameId);
    if (!entry || this.#isDisposed) return;
    patience.arrived(detail.frameId, clock.now() - entry.capturedMs);
    entry.detail = detail;
    if (this.#waiting.includes(entry)) {
      this.#showDue();
      return;
    }
    if (entry === this.#past.at(-1)) this.#draw(entry);
    else if (entry.frameId > (this.#detailed?.frameId ?? -1)) this.#detailed = entry;
    this.#collect();
  }

  /** The detail of a frame will not come. */
  dropped(frameId: number): void {
    const entry = this.#waiting.find((waiting) => waiting.frameId === frameId);
    if (!entry) return;
    entry.isExpected = false;
    this.#showDue();
  }

  /** Forgets every frame: the source has changed its size. */
  clear(): void {
    this.#cancelTimer();
    this.#loading.clear();
    this.#waiting = [];
    this.#past = [];
    this.#detailed = null;
    this.#due = null;
    this.#collect();
  }

  /** The composer is disposed too. */
  dispose(): void {
    this.#isDisposed = true;
    this.clear();
    this.#options.composer.dispose();
  }

  async #load(): Promise<void> {
    const { composer, statistics } = this.#options;
    this.#isLoading = true;
    for (let next = this.#loading.take(); next; next = this.#loading.take()) {
      const { frame, frameId, capturedMs, isExpected } = next;
      try {
        const raw = await composer.load(frame);
        if (this.#isDisposed) raw.dispose();
        else this.#loaded({ frameId, capturedMs, raw, isExpected, detail: null });
      } catch (cause) {
        log.warn('frame not loaded', { reason: MeshError.from(cause).reason });
        statistics.dropped(frameId, 'failed');
      } finally {
        frame.close();
      }
    }
    this.#isLoading = false;
  }

  #loaded(entry: Entry): void {
    const newest = this.#waiting.at(-1)?.raw ?? this.#past.at(-1)?.raw;
    if (newest && (newest.width !== entry.raw.width || newest.height !== entry.raw.height)) this.clear();
    this.#held.add(entry);
    this.#waiting.push(entry);
    this.#showDue();
  }

  /** Shows the oldest frames: those with their detail, and those that have waited long enough. */
  #showDue(): void {
    const { clock, patience, intervalMs } = this.#options;
    this.#cancelTimer();
    for (let oldest = this.#waiting[0]; oldest; oldest = this.#waiting[0]) {
      const waitMs = oldest.capturedMs + patience.frames * intervalMs() - clock.now();
      const isAwaited = oldest.isExpected && oldest.detail === null;
      if (isAwaited && waitMs > 0 && this.#waiting.length <= patience.frames) {
        this.#cancelTimer = clock.after(waitMs, () => this.#showDue());
        break;
      }
      this.#waiting.shift();
      this.#past.push(oldest);
      this.#draw(oldest);
    }
    this.#collect();
  }

  /** Draws the frame after the one that is being drawn, unless a newer one is due by then. */
  #draw(entry: Entry): void {
    if (this.#due && this.#due !== entry) this.#options.statistics.dropped(this.#due.frameId, 'superseded');
    this.#due = entry;
    if (!this.#drawing) void this.#drawAll();
  }

  async #drawAll(): Promise<void> {
    for (let entry = this.#due; entry; entry = this.#due) {
      this.#due = null;
      this.#drawing = entry;
      try {
        await this.#compose(entry);
      } catch (cause) {
        log.warn('frame not composed', { reason: MeshError.from(cause).reason });
        this.#options.statistics.dropped(entry.frameId, 'failed');
      }
      this.#drawing = null;
      this.#collect();
    }
  }

  async #compose(entry: Entry): Promise<void> {
    const { clock, composer, screen, statistics } = this.#options;
    const context = screen.begin(entry.frameId);
    if (!context) return;
    const { frameId, capturedMs, detail } = entry;
    const source = detail ? entry : this.#detailed;
    const computeStartMs = clock.now();
    await composer.compose(entry.raw, source ? this.#applied(source) : null, context);
    const computedMs = clock.now();
    if (detail) {
      screen.drawn(detail);
      statistics.detailed(clock.now() - capturedMs, this.#options.tuning(detail).gainDb);
      if (!this.#isDisposed && this.#past.includes(entry)) this.#detailed = entry;
      return;
    }
    screen.drawn({
      frameId,
      outcome: null,
      volunteerId: null,
      stagesAt: (presentedMs) => localFrameStages({ capturedMs, computeStartMs, computedMs, presentedMs }),
    });
  }

  #applied({ detail, raw }: Entry): AppliedDetail | null {
    if (!detail) return null;
    const { weight, deadZoneCodes } = this.#options.tuning(detail);
    return { codes: detail.codes, gain: detail.gain, weight, deadZoneCodes, of: raw };
  }

  /** Releases the frames whose detail would be of no use any more. */
  #collect(): void {
    if (this.#past.length > MAX_PAST) this.#past = this.#past.slice(-MAX_PAST);
    const used = new Set([...this.#waiting, ...this.#past, this.#detailed, this.#due, this.#drawing]);
    for (const entry of this.#held) {
      if (used.has(entry)) continue;
      entry.raw.dispose();
      this.#held.delete(entry);
    }
  }
}
