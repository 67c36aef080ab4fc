import { setNewest } from '../../../shared/bounded-map.ts';
import { type DetailHistory, WATCHED_FRAMES } from './detail-history.ts';
import { judgeDetail, type Place, type PlausibilityOptions } from './detail-plausibility.ts';
import { type EdgeFit, isOpposite } from './edge-fit.ts';
import { EdgeReader, type SourceEdges } from './source-edges.ts';

/** Frames whose detail may still come: more than are ever in flight to a volunteer. */
const MAX_PENDING = 16;
/** Implausible frames of the last {@link WATCHED_FRAMES} that call for a check: a codec's glitch spoils one or two. */
const SUSPICIOUS_FRAMES = 3;
/** Implausible frames of the last {@link WATCHED_FRAMES} from which on the detail is of no use at all. */
const USELESS_FRAMES = WATCHED_FRAMES / 2;
/**
 * Frames in a row with the opposite fit after which that is the usual one: a volunteer changes its quality at most every few seconds, and a source seldom what its pixels
 * are. They are not shown, and call for a check.
 */
const NEW_FIT = 6;

export interface PlausibilityMonitorOptions extends PlausibilityOptions {
  history: DetailHistory;
  random(): number;
  /** Again some detail was implausible. @param at - where; null: everywhere */
  onSuspicious(at: Place | null): void;
  /** Most of the detail is implausible. */
  onUseless(): void;
}

/**
 * Looks at the detail of every frame, between the frames that {@link RecomputationCheck} computes again: is it where the source has edges? Detail that cannot
 * be of its frame is not shown. That proves nothing of its volunteer, whose frames a codec may have spoilt.
 */
export class PlausibilityMonitor {
  readonly #options: PlausibilityMonitorOptions;
  readonly #reader = new EdgeReader();
  readonly #pending = new Map<number, SourceEdges>();
  #sinceSuspicion = 0;
  readonly #usual = new UsualFit();
  #isDisposed = false;

  constructor(options: PlausibilityMonitorOptions) {
    this.#options = options;
  }

  /**
   * A frame is sent to the volunteer. The caller keeps it, and may close it at once.
   *
   * @param scale - how much smaller than itself it is sent.
   */
  frameQueued(source: VideoFrame, frameId: number, scale: number): void {
    void this.#look(source.clone(), frameId, Math.max(1, Math.round(scale)));
  }

  /** Whether detail may be of its frame; also where that cannot be told. */
  isPlausible(frameId: number, codes: Uint8Array): boolean {
    const edges = this.#pending.get(frameId);
    this.#pending.delete(frameId);
    if (!edges || this.#isDisposed) return true;
    const { fault, fit } = judgeDetail(edges, codes, this.#options, this.#options.random);
    const isPlausible = fault === null && this.#usual.has(fit);
    this.#options.history.recordPlausibility(isPlausible);
    if (!isPlausible) this.#suspect(fault?.of === 'tile' ? fault.at : null);
    return isPlausible;
  }

  dispose(): void {
    this.#isDisposed = true;
    this.#pending.clear();
  }

  #suspect(at: Place | null): void {
    const { history, onSuspicious, onUseless } = this.#options;
    const bad = history.implausibleFrames;
    this.#sinceSuspicion = Math.min(this.#sinceSuspicion + 1, bad);
    if (this.#sinceSuspicion >= SUSPICIOUS_FRAMES) {
      this.#sinceSuspicion = 0;
      onSuspicious(at);
    }
    if (bad >= USELESS_FRAMES) onUseless();
  }

  /** Takes ownership of the frame. */
  async #look(frame: VideoFrame, frameId: number, scale: number): Promise<void> {
    const edges = await this.#reader.read(frame, this.#options.random, scale).finally(() => frame.close());
    if (!edges || this.#isDisposed) return;
    // The detail of the oldest was lost.
    setNewest(this.#pending, frameId, edges, MAX_PENDING);
  }
}

/**
 * How a stream's detail follows its edges depends on the quality and on whether its pixels are aliased, neither of which changes from frame to frame. What quality a volunteer
 * claims plays no part: it could claim another one for every frame.
 */
class UsualFit {
  #weights: EdgeFit['weights'] | null = null;
  #others = 0;

  /** Of a frame whose detail follows its edges; null: there is too little to tell. */
  has(fit: EdgeFit | null): boolean {
    if (!fit) return true;
    const isOther = this.#weights !== null && isOpposite(fit, this.#weights);
    this.#others = isOther ? this.#others + 1 : 0;
    if (isOther && this.#others < NEW_FIT) return false;
    this.#weights = fit.weights;
    this.#others = 0;
    return true;
  }
}
