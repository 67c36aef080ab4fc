import type { Clock } from '../../../shared/clock.ts';
import { MeshError } from '../../../shared/errors.ts';
import { logger } from '../../../shared/log.ts';
import type { Quality } from '../../../shared/tasks/upscale.ts';
import type { Composer, RawPicture } from '../compose/composer.ts';
import type { CapturedFrame, FrameDetail, UpscaledFrame } from '../frame.ts';
import { localFrameStages } from '../frame-timing.ts';
import { drawBlended } from './blended-picture.ts';
import type { Blend } from './detail-tuning.ts';
import { FrameLoader } from './frame-loading.ts';
import type { Patience } from './patience.ts';
import type { PresentationCanvas, ShownFrame } from './presentation-canvas.ts';
import type { StreamStatistics } from './stream-statistics.ts';

const log = logger('stream.detail');

/** Frames already shown whose detail is still of use when it comes: a volunteer's detail is seldom later. */
const MAX_PAST = 3;

/**
 * Intervals of the source for which a frame's detail is also used for later frames that this machine sharpens itself. Where the picture moved since, reused
 * detail lowers the weight of the local picture, so it must not be reused for long once no new detail comes.
 */
const SERVES_INTERVALS = 4;

/** Intervals that a frame waits for its local picture, which is made to take half of one. */
const SHARPENING_INTERVALS = 1;

/**
 * Intervals by which a frame may wait longer than the one before it did. The picture stands still meanwhile: for half an interval more nobody notices,
 * and two more are a stutter. Waits grow when a volunteer begins, or is heard again, and when its answers take longer than before: on a link that
 * has just become slow the first late frame would otherwise use its whole patience at once.
 */
const WAIT_GROWTH = 0.5;

/** A frame that was sharpened on this machine. */
export type SharpenedFrame = UpscaledFrame & { outcome: NonNullable<UpscaledFrame['outcome']> };

/**
 * How a frame is put together of the picture of it that this machine sharpened and a volunteer's detail.
 *
 * @param local - quality of that picture; null without one.
 */
export type Blending = (local: Quality | null, detail: FrameDetail | null) => Blend & { gainDb: number };

/** A frame of the source; a repeated one shows the same picture as the one before it. */
export type OfferedFrame = CapturedFrame & { isRepeat: boolean };

/** What a frame waits for before it is shown, beside its enlarged picture. */
export interface PendingInputs {
  /** A volunteer was asked for its detail. */
  detail: boolean;
  /** This machine sharpens it too. */
  sharpened: boolean;
}

export interface DetailPresenterOptions {
  clock: Clock;
  composer: Composer;
  screen: PresentationCanvas;
  statistics: StreamStatistics;
  patience: Patience;
  /** Time between two frames of the source, ms. */
  intervalMs(): number;
  blending: Blending;
}

/** What belongs to a frame while its pixels are copied. It may come, or be given up, before they are. */
interface Pending {
  pictureId: number;
  awaited: PendingInputs;
  sharpened: SharpenedFrame | null;
}

/** A frame of the source, from its capture until its detail is of no use any more. */
interface Entry {
  frameId: number;
  capturedMs: number;
  /** Id of the frame that it repeats, or else its own. */
  pictureId: number;
  raw: RawPicture;
  /** What may still come. */
  awaited: PendingInputs;
  /** Null until it comes. */
  detail: FrameDetail | null;
  /** Null until it comes, and once it is not needed any more. */
  sharpened: SharpenedFrame | null;
}

/**
 * Shows this machine's own frames, enlarged, each with its detail and its local picture if these have come by its deadline. What
 * comes later is added to the frame while it is on the screen. Detail is also added to later frames where the source stood still; so a still
 * picture keeps its detail, however late that came, and a moving one never gets that of another moment.
 */
export class DetailPresenter {
  readonly #options: DetailPresenterOptions;
  readonly #loading: FrameLoader<Pending>;
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
  /** The frame whose detail is being added to {@link #drawing}. */
  #addingDetailOf: Entry | null = null;
  #cancelTimer = () => {};
  /** Picture id of the newest frame. */
  #pictureId = -1;
  /** Intervals that the frame on the screen has waited; null before the first, which keeps nobody waiting. */
  #waitedIntervals: number | null = null;
  #isDisposed = false;

  constructor(options: DetailPresenterOptions) {
    this.#options = options;
    this.#loading = new FrameLoader(options, {
      onLoaded: (frame, raw) => this.#loaded(frame, raw),
      onUnused: ({ sharpened }) => sharpened?.frame.close(),
    });
  }

  /** Takes ownership of a frame of the source. */
  offer(captured: OfferedFrame, awaited: PendingInputs): void {
    if (this.#isDisposed) {
      captured.frame.close();
      return;
    }
    // The first frame of a presenter may be a repeat, of one that it does not know.
    if (!captured.isRepeat || this.#pictureId < 0) this.#pictureId = captured.frameId;
    this.#loading.put({ ...captured, pictureId: this.#pictureId, awaited: { ...awaited }, sharpened: null });
  }

  /** Takes ownership of the detail of a frame. */
  add(detail: FrameDetail): void {
    const { clock, patience } = this.#options;
    const onScreen = this.#past.at(-1);
    const [waiting, past] = [this.#waiting, this.#past].map((entries) =>
      entries.find(({ frameId }) => frameId === detail.frameId),
    );
    const entry = waiting ?? (onScreen && repeats(onScreen, detail.frameId) ? onScreen : past);
    if (!entry || !this.#isBetter(detail, entry) || this.#isDisposed) {
      detail.release();
      return;
    }
    patience.arrived(detail.frameId, clock.now() - detail.capturedMs);
    entry.detail?.release();
    entry.detail = detail;
    if (entry === waiting) {
      this.#showDue();
      return;
    }
    if (entry === onScreen) this.#draw(entry);
    else if (entry.frameId > (this.#detailed?.frameId ?? -1)) this.#detailed = entry;
    this.#collect();
  }

  /** Takes ownership of the local picture of a frame. */
  sharpened(picture: SharpenedFrame): void {
    const candidates = [...this.#past.slice(-1), ...this.#waiting, ...this.#loading.frames];
    const entry = candidates.find(({ frameId }) => frameId === picture.frameId);
    if (!entry || this.#isDisposed) {
      picture.frame.close();
      return;
    }
    entry.sharpened?.frame.close();
    entry.sharpened = picture;
    if (!('raw' in entry)) return;
    if (this.#waiting.includes(entry)) this.#showDue();
    else this.#draw(entry);
  }

  /** Something that a frame waits for will not come. */
  dropped(frameId: number, what: keyof PendingInputs): void {
    const candidates = [...this.#past, ...this.#waiting, ...this.#loading.frames];
    const entry = candidates.find((candidate) => candidate.frameId === frameId);
    if (!entry) return;
    entry.awaited[what] = false;
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

  #loaded({ frameId, capturedMs, pictureId, awaited, sharpened }: Pending & CapturedFrame, raw: RawPicture): void {
    const entry = { frameId, capturedMs, pictureId, raw, awaited, detail: null, sharpened };
    this.#held.add(entry);
    this.#waiting.push(entry);
    this.#showDue();
  }

  /** Shows the oldest frames: those for which all has come, and those that have waited long enough. */
  #showDue(): void {
    const { clock, intervalMs } = this.#options;
    this.#cancelTimer();
    for (let oldest = this.#waiting[0]; oldest; oldest = this.#waiting[0]) {
      const intervals = this.#intervalsFor(oldest);
      const waitMs = oldest.capturedMs + intervals * intervalMs() - clock.now();
      if (waitMs > 0 && this.#waiting.length <= Math.ceil(intervals)) {
        this.#cancelTimer = clock.after(waitMs, () => this.#showDue());
        break;
      }
      this.#waiting.shift();
      this.#past.push(oldest);
      // One that made room for newer frames might have waited longer.
      this.#waitedIntervals = waitMs > 0 ? intervals : (clock.now() - oldest.capturedMs) / intervalMs();
      this.#draw(oldest);
    }
    this.#collect();
  }

  /** How many intervals of the source a frame may wait for what has not come. */
  #intervalsFor({ awaited, detail, sharpened }: Entry): number {
    const forDetail = awaited.detail && !detail ? this.#options.patience.frames : 0;
    const forSharpened = awaited.sharpened && !sharpened ? SHARPENING_INTERVALS : 0;
    const wanted = Math.max(forDetail, forSharpened);
    return Math.min(wanted, (this.#waitedIntervals ?? wanted) + WAIT_GROWTH);
  }

  /** Of two answers to one frame the first counts. Detail of a later repeat replaces that of an earlier one, but not while it is being drawn. */
  #isBetter({ frameId }: FrameDetail, entry: Entry): boolean {
    if (!entry.detail) return frameId === entry.frameId || frameId > (this.#detailed?.detail?.frameId ?? -1);
    return frameId > entry.detail.frameId && entry !== this.#drawing && entry !== this.#addingDetailOf;
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
      this.#addingDetailOf = null;
      this.#collect();
    }
  }

  async #compose(entry: Entry): Promise<void> {
    const { clock, composer, screen, statistics } = this.#options;
    const context = screen.begin(entry.frameId);
    if (!context) return;
    const { detail, sharpened, raw } = entry;
    const source = detail ? entry : this.#servedBy(entry);
    this.#addingDetailOf = source;
    const { gainDb, ...blend } = this.#options.blending(sharpened?.outcome.quality ?? null, source?.detail ?? null);
    const computeStartMs = clock.now();
    const added = source?.detail && { codes: source.detail.codes, gain: source.detail.gain, of: source.raw };
    await drawBlended(composer, { raw, localPicture: sharpened?.frame ?? null, detail: added ?? null }, blend, context);
    const computedMs = clock.now();
    const ofSamePicture = source && source.pictureId === entry.pictureId ? source.detail : null;
    screen.drawn(shownAs(entry, ofSamePicture, { computeStartMs, computedMs }));
    if (!detail) return;
    statistics.detailed(clock.now() - detail.capturedMs, gainDb);
    if (!this.#isDisposed && this.#past.includes(entry)) this.#detailed = entry;
  }

  /** The frame whose detail a frame without its own gets where the source stood still; null: none. */
  #servedBy(entry: Entry): Entry | null {
    const detailed = this.#detailed;
    if (!detailed || !entry.sharpened || entry.pictureId === detailed.pictureId) return detailed;
    const ageMs = entry.capturedMs - detailed.capturedMs;
    return ageMs <= SERVES_INTERVALS * this.#options.intervalMs() ? detailed : null;
  }

  /** Releases the frames whose detail would be of no use any more. */
  #collect(): void {
    const onScreen = this.#past.at(-1);
    this.#past = this.#past
      .slice(-MAX_PAST)
      .filter((entry) => entry === onScreen || (entry.awaited.detail && !entry.detail));
    const drawable = new Set([...this.#waiting, this.#past.at(-1), this.#due, this.#drawing]);
    const used = new Set([...drawable, ...this.#past, this.#detailed, this.#addingDetailOf]);
    for (const entry of this.#held) {
      if (!drawable.has(entry)) {
        entry.sharpened?.frame.close();
        entry.sharpened = null;
      }
      if (used.has(entry)) continue;
      entry.raw.dispose();
      entry.detail?.release();
      this.#held.delete(entry);
    }
  }
}

/**
 * Whether this frame shows the same picture as the earlier one with that id, which may be forgotten: a slow volunteer's detail of it is still right, and no
 * further frame may come that would show it.
 */
function repeats({ pictureId, frameId }: Entry, earlierId: number): boolean {
  return pictureId <= earlierId && earlierId < frameId;
}

/**
 * Whose work is on the screen: a volunteer's detail comes on top of what this machine did.
 *
 * @param ofSamePicture - detail of the frame, or of one that showed the same picture before; null without one.
 */
function shownAs(
  { frameId, capturedMs, detail, sharpened }: Entry,
  ofSamePicture: FrameDetail | null,
  times: { computeStartMs: number; computedMs: number },
): ShownFrame {
  if (detail) return { frameId, outcome: detail.outcome, volunteerId: detail.volunteerId, stagesAt: detail.stagesAt };
  const stagesAt = (presentedMs: number) => localFrameStages({ capturedMs, ...times, presentedMs });
  const { outcome, volunteerId } = ofSamePicture ?? sharpened ?? { outcome: null, volunteerId: null };
  return { frameId, outcome, volunteerId, stagesAt: sharpened?.stagesAt ?? stagesAt };
}
