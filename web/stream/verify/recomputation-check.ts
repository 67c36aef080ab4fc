import { setNewest } from '../../../shared/bounded-map.ts';
import type { DetailCoding } from '../../../shared/detail.ts';
import { MeshError, type MeshErrorReason } from '../../../shared/errors.ts';
import { logger } from '../../../shared/log.ts';
import { CheckStreak } from '../../../shared/reputation.ts';
import type { Quality } from '../../../shared/tasks/upscale.ts';
import { cropSource, randomTile } from '../../../shared/tasks/upscale-tile.ts';
import { RgbaReader } from '../../compute/video-frames.ts';
import type { CheckedSetup } from '../codec/codecs.ts';
import { FrameDecoder } from '../codec/frame-decoder.ts';
import type { Packet } from '../codec/frame-encoder.ts';
import { canBecome, sizeOf } from '../frame-size.ts';
import type { DetailVerdict } from './detail-benefit.ts';
import type { DetailHistory } from './detail-history.ts';
import type { Place } from './detail-plausibility.ts';
import { GopSampler } from './gop-sampler.ts';
import { benefitOfTile, type ReceivedDetail, type SentTile, type UpscaleTile } from './tile-check.ts';

const log = logger('stream.verify');

/** Checked frames whose tile or detail may still come: more than are ever in flight to a volunteer. */
const MAX_PENDING = 16;
/** Share of the tiles that are taken where the detail was doubtful; the others may find what was not noticed. */
const SUSPECTED_SHARE = 0.5;
/** Errors that say that this machine does not compute a network, or has not got it. */
const UNCHECKABLE: readonly MeshErrorReason[] = ['unknown-model', 'connection-failed'];

export interface RecomputationCheckOptions {
  history: DetailHistory;
  setup: CheckedSetup & { detail: DetailCoding };
  now(): number;
  random(): number;
  upscaleTile: UpscaleTile;
  /** A group of pictures begins with a keyframe. */
  requestKeyframe(): void;
  /** More of this volunteer's detail was judged. */
  onJudged(verdict: DetailVerdict): void;
  /** This machine cannot compute this quality, so it must not be asked for: what claims to be of it would never be checked. */
  onUncheckable(quality: Quality): void;
}

/** A frame that is checked. What came first waits for the other: a volunteer that does not compute may answer before this machine has decoded. */
interface PendingCheck {
  sent: SentTile | null;
  answer: ReceivedDetail | null;
}

/**
 * Checks a volunteer's detail against our own computation. An encoder does not show what a decoder makes of its packets, so in {@link GopSampler} this
 * machine decodes them too, and computes the detail of random tiles of random frames of these.
 */
export class RecomputationCheck {
  readonly #options: RecomputationCheckOptions;
  readonly #streak = new CheckStreak();
  readonly #reader = new RgbaReader();
  readonly #pending = new Map<number, PendingCheck>();
  #decoder: FrameDecoder<number | null> | null = null;
  readonly #gopSampler: GopSampler;
  /** Until enough was checked, all is. */
  #isUrgent = true;
  /** Where the detail was doubtful last; null: nowhere in particular. */
  #suspected: Place | null = null;
  /** Quality of the newest detail: the next is probably of the same, and decides how large a tile is. */
  #expected: Quality;
  #isReading = false;
  #isComputing = false;
  #isDisposed = false;

  constructor(options: RecomputationCheckOptions) {
    this.#options = options;
    this.#expected = options.setup.quality;
    this.#gopSampler = new GopSampler(options);
  }

  /** A packet was sent to the volunteer. */
  packetSent(packet: Packet, frameId: number): void {
    if (!this.#gopSampler.sent(packet.keyframe, this.#isUrgent)) {
      this.#closeDecoder();
      return;
    }
    const isChecked = !this.#isReading && this.#streak.isDue(this.#options.random);
    this.#decoder ??= this.#newDecoder();
    if (isChecked) this.#expect(frameId);
    this.#decoder.decode(packet, isChecked ? frameId : null);
  }

  /** The detail of a frame has come. The caller may reuse the codes as soon as this returns. */
  received(frameId: number, codes: Uint8Array, quality: Quality): void {
    this.#expected = quality;
    const pending = this.#pending.get(frameId);
    // Of two answers to one frame the first counts, as it does for the picture.
    if (!pending || pending.answer) return;
    // The codes may be reused before the check ends. Few frames are checked.
    pending.answer = { codes: codes.slice(), quality };
    this.#compare(frameId, pending);
  }

  #expect(frameId: number): void {
    // The detail of the oldest was lost, or its packet was not decoded.
    setNewest(this.#pending, frameId, { sent: null, answer: null }, MAX_PENDING);
  }

  /** Judges a frame once both its tile and its detail are there. */
  #compare(frameId: number, { sent, answer }: PendingCheck): void {
    if (!sent || !answer) return;
    this.#pending.delete(frameId);
    if (this.#isComputing || this.#isDisposed) return;
    this.#isComputing = true;
    this.#judge(sent, answer)
      .catch((cause: unknown) => {
        const { reason } = MeshError.from(cause);
        log.debug('not checked', { reason, quality: answer.quality });
        if (UNCHECKABLE.includes(reason)) this.#options.onUncheckable(answer.quality);
        // Without this a machine that computes nothing would decode everything for nothing.
        else this.#isUrgent = false;
      })
      .finally(() => {
        this.#isComputing = false;
      });
  }

  /** The volunteer's detail is doubtful: it is checked now, every frame. @param at - where, if it is known */
  suspect(at: Place | null): void {
    this.#suspected = at;
    this.#streak.wrong();
    this.#isUrgent = true;
    this.#gopSampler.hurry();
  }

  dispose(): void {
    this.#isDisposed = true;
    this.#closeDecoder();
    this.#pending.clear();
  }

  #newDecoder(): FrameDecoder<number | null> {
    const { setup, now } = this.#options;
    const { codec, width, height } = setup;
    const giveUp = () => {
      this.#gopSampler.giveUp();
      this.#closeDecoder();
    };
    return new FrameDecoder(codec, { width, height }, now, {
      onFrame: (frame, frameId) => void this.#keepTile(frame, frameId),
      onUndecoded: () => {},
      ...{ onKeyframeNeeded: giveUp, onError: giveUp, onOversized: giveUp },
    });
  }

  #closeDecoder(): void {
    this.#decoder?.dispose();
    this.#decoder = null;
  }

  /** Takes ownership of the frame. Never rejects. */
  async #keepTile(frame: VideoFrame, frameId: number | null): Promise<void> {
    const { setup } = this.#options;
    const pending = frameId === null ? undefined : this.#pending.get(frameId);
    const sent = sizeOf(frame);
    if (frameId === null || !pending || this.#isReading || !canBecome(sent, setup)) {
      if (frameId !== null) this.#pending.delete(frameId);
      frame.close();
      return;
    }
    this.#isReading = true;
    try {
      const tile = randomTile(
        {
          ...{ ...sent, outWidth: setup.outWidth, outHeight: setup.outHeight },
          quality: pending.answer?.quality ?? this.#expected,
        },
        this.#tilePlace(),
      );
      const picture = await this.#reader.read(frame);
      if (this.#isDisposed) return;
      pending.sent = { tile, source: cropSource(picture.data, sent.width, tile) };
      this.#compare(frameId, pending);
    } catch (cause) {
      this.#pending.delete(frameId);
      log.debug('tile not read', { reason: MeshError.from(cause).reason });
    } finally {
      this.#isReading = false;
      frame.close();
    }
  }

  /** Where the next tile is, first across, then down. */
  #tilePlace(): () => number {
    const { random } = this.#options;
    if (!this.#suspected || random() >= SUSPECTED_SHARE) return random;
    const coordinates = [this.#suspected.x, this.#suspected.y];
    return () => coordinates.shift() ?? random();
  }

  async #judge(sent: SentTile, answer: ReceivedDetail): Promise<void> {
    const { history, onJudged } = this.#options;
    const benefit = await benefitOfTile(sent, answer, this.#options);
    if (this.#isDisposed) return;
    history.record.add(benefit);
    if (benefit.gained >= 0) this.#streak.right();
    else this.#streak.wrong();
    this.#isUrgent = this.#streak.isNew;
    const { verdict } = history.record;
    if (verdict) onJudged(verdict);
  }
}
