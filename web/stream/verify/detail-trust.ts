import type { DetailCoding } from '../../../shared/detail.ts';
import { MeshError } from '../../../shared/errors.ts';
import type { Quality } from '../../../shared/tasks/upscale.ts';
import type { CheckedSetup } from '../codec/codecs.ts';
import type { Packet } from '../codec/frame-encoder.ts';
import type { FrameDetail } from '../frame.ts';
import { ClaimedQuality } from './claimed-quality.ts';
import type { DetailVerdict } from './detail-benefit.ts';
import type { DetailHistory } from './detail-history.ts';
import { PlausibilityMonitor } from './plausibility-monitor.ts';
import { RecomputationCheck } from './recomputation-check.ts';
import type { UpscaleTile } from './tile-check.ts';

export interface DetailTrustOptions {
  setup: CheckedSetup & { detail: DetailCoding };
  /** The volunteer's display name, for error messages. */
  name: string;
  /** Record of this volunteer's detail, kept when the route ends. */
  history: DetailHistory;
  deadZoneCodes: number;
  now(): number;
  random(): number;
  upscaleTile: UpscaleTile;
  requestKeyframe(): void;
  /** {@link DetailTrust.isUseful} may have changed. */
  onChanged(): void;
  /** This machine cannot check this quality: see {@link DetailTrust.limit}. */
  onUncheckable(quality: Quality): void;
  /** The volunteer gets no more frames: `verify-failed` bars it, `volunteer-failed` does not. */
  onFailed(error: MeshError): void;
}

/**
 * How far one volunteer's detail is trusted. {@link PlausibilityMonitor} looks at all of it and keeps back what cannot be of its frame;
 * {@link RecomputationCheck} computes samples of it again, more of them where that was repeated, and alone finds a volunteer guilty.
 */
export class DetailTrust {
  readonly #options: DetailTrustOptions;
  readonly #claimed: ClaimedQuality;
  readonly #monitor: PlausibilityMonitor;
  readonly #check: RecomputationCheck;

  constructor(options: DetailTrustOptions) {
    const { setup, now, random, upscaleTile, requestKeyframe, deadZoneCodes, history } = options;
    this.#options = options;
    this.#claimed = new ClaimedQuality(setup.detail.base, setup.quality);
    this.#check = new RecomputationCheck({
      ...{ setup, history, now, random, upscaleTile, requestKeyframe },
      onJudged: (verdict) => this.#judged(verdict),
      onUncheckable: options.onUncheckable,
    });
    this.#monitor = new PlausibilityMonitor({
      ...{ history, random, deadZoneCodes, gain: setup.detail.gain },
      out: { width: setup.outWidth, height: setup.outHeight },
      onSuspicious: (at) => this.#check.suspect(at),
      onUseless: () => this.#useless(),
    });
  }

  /** Whether its detail was found to improve the picture, or was not judged yet. */
  get isUseful(): boolean {
    return this.#options.history.isUseful;
  }

  /** The volunteer is asked for this quality from now on. */
  allow(quality: Quality): void {
    this.#claimed.allow(quality);
  }

  /** Nothing better than this quality is shown from now on, because this machine cannot check it. */
  limit(quality: Quality): void {
    this.#claimed.limit(quality);
  }

  /** A frame is sent to the volunteer. The caller keeps it. @param scale - how much smaller than itself it is sent */
  frameQueued(source: VideoFrame, frameId: number, scale: number): void {
    this.#monitor.frameQueued(source, frameId, scale);
  }

  /** The packet of a frame was sent to the volunteer. */
  packetSent(packet: Packet, frameId: number): void {
    this.#check.packetSent(packet, frameId);
  }

  /** The detail of a frame has come. The caller may reuse the codes as soon as this returns. @returns whether it may be shown. */
  received({ frameId, codes, outcome }: Pick<FrameDetail, 'frameId' | 'codes' | 'outcome'>): boolean {
    const { quality } = outcome;
    const claim = this.#claimed.judge(quality);
    if (claim === 'dishonest') this.#wrong();
    if (claim !== 'accepted') return false;
    this.#check.received(frameId, codes, quality);
    return this.#monitor.isPlausible(frameId, codes);
  }

  dispose(): void {
    this.#check.dispose();
    this.#monitor.dispose();
  }

  #judged(verdict: DetailVerdict): void {
    const isUseless = this.#options.history.recordVerdict(verdict === 'useless');
    if (verdict === 'wrong') this.#wrong();
    else if (isUseless) this.#useless();
    else this.#options.onChanged();
  }

  #wrong(): void {
    const { name, onFailed } = this.#options;
    onFailed(MeshError.wrongFrame(`${name} sent detail that does not belong to the frames it got.`));
  }

  /** Not its fault: the link may be too slow, or the picture has nothing to sharpen. */
  #useless(): void {
    const { name, history, onFailed } = this.#options;
    history.paused();
    onFailed(new MeshError('volunteer-failed', `The detail of ${name} does not improve the picture.`));
  }
}
