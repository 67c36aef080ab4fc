import { MeshError } from '../../../shared/errors.ts';
import { logger } from '../../../shared/log.ts';
import { CheckStreak } from '../../../shared/reputation.ts';
import { INPUT_KINDS, isNetwork, type Quality, type UpscaleParams } from '../../../shared/tasks/upscale.ts';
import { type PictureTile, randomTile, sourceOf } from '../../../shared/tasks/upscale-tile.ts';
import { detailRows } from '../../compute/reference/detail.ts';
import { RgbaReader } from '../../compute/video-frames.ts';
import type { CheckedSetup } from '../codec/codecs.ts';
import { FrameDecoder } from '../codec/frame-decoder.ts';
import type { Packet } from '../codec/frame-encoder.ts';
import { canBecome, sizeOf } from '../frame-size.ts';
import { benefitOf, DetailRecord, type DetailWorth, type TileBenefit } from './detail-benefit.ts';
import type { Place } from './detail-plausibility.ts';
import { SampledRuns } from './sampled-runs.ts';

const log = logger('stream.verify');

/** Checked frames whose tile or detail may still come: more than are ever in flight to a volunteer. */
const MAX_PENDING = 16;
/** Share of the tiles that are taken where the detail was doubtful; the others may find what was not noticed. */
const SUSPECTED_SHARE = 0.5;
/** Chroma has half the size of luma. */
const CHROMA_ALIGNMENT = 2;

/** Enlarges the pixels of a tile on this machine. Rejects with MeshError where it cannot. */
export type UpscaleTile = (params: UpscaleParams, source: Uint8Array) => Promise<Uint8Array>;

export interface DetailCheckOptions {
  setup: CheckedSetup;
  now(): number;
  random(): number;
  upscaleTile: UpscaleTile;
  /** A run needs a keyframe. */
  requestKeyframe(): void;
  /** More of this volunteer's detail was judged. */
  onJudged(worth: DetailWorth): void;
}

/** A tile of a frame that was sent, as the volunteer decoded it. */
interface SentTile {
  tile: PictureTile;
  source: Uint8Array;
}

/** The volunteer's answer. */
interface Answer {
  codes: Uint8Array;
  quality: Quality;
}

/** A frame that is checked. What came first waits for the other: a volunteer that does not compute may answer before this machine has decoded. */
interface PendingCheck {
  sent: SentTile | null;
  answer: Answer | null;
}

/**
 * Checks a volunteer's detail against our own computation. An encoder does not show what a decoder makes of its packets, so in {@link SampledRuns} this
 * machine decodes them too, and computes the detail of random tiles of random frames of these.
 */
export class DetailCheck {
  readonly #options: DetailCheckOptions;
  readonly #streak = new CheckStreak();
  readonly #record = new DetailRecord();
  readonly #reader = new RgbaReader();
  readonly #pending = new Map<number, PendingCheck>();
  #decoder: FrameDecoder<number | null> | null = null;
  readonly #runs: SampledRuns;
  /** Until enough was checked, all is. */
  #isUrgent = true;
  /** Where the detail was doubtful last; null: nowhere in particular. */
  #suspected: Place | null = null;
  #isReading = false;
  #isComputing = false;
  #isDisposed = false;

  constructor(options: DetailCheckOptions) {
    this.#options = options;
    this.#runs = new SampledRuns(options);
  }

  /** A packet was sent to the volunteer. */
  sent(packet: Packet, frameId: number): void {
    if (!this.#runs.sent(packet.keyframe, this.#isUrgent)) {
      this.#closeDecoder();
      return;
    }
    const isChecked = !this.#isReading && this.#streak.isDue(this.#options.random);
    this.#decoder ??= this.#newDecoder();
    if (isChecked) this.#expect(frameId);
    this.#decoder.decode(packet, isChecked ? frameId : null);
  }

  /** The detail of a frame has come. The caller keeps the codes, and does not change them. */
  received(frameId: number, codes: Uint8Array, quality: Quality): void {
    const pending = this.#pending.get(frameId);
    // Of two answers to one frame the first counts, as it does for the picture.
    if (!pending || pending.answer) return;
    pending.answer = { codes, quality };
    this.#compare(frameId, pending);
  }

  #expect(frameId: number): void {
    const [oldest] = this.#pending.keys();
    // Its detail was lost, or its packet was not decoded.
    if (this.#pending.size >= MAX_PENDING && oldest !== undefined) this.#pending.delete(oldest);
    this.#pending.set(frameId, { sent: null, answer: null });
  }

  /** Judges a frame once both its tile and its detail are there. */
  #compare(frameId: number, { sent, answer }: PendingCheck): void {
    if (!sent || !answer) return;
    this.#pending.delete(frameId);
    if (this.#isComputing || this.#isDisposed) return;
    this.#isComputing = true;
    this.#judge(sent, answer)
      .catch((cause: unknown) => {
        // Without this a machine that cannot compute the quality would decode everything for nothing.
        this.#isUrgent = false;
        log.debug('not checked', { reason: MeshError.from(cause).reason });
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
    this.#runs.hurry();
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
      this.#runs.giveUp();
      this.#closeDecoder();
    };
    return new FrameDecoder(codec, { width, height }, now, {
      onFrame: (frame, frameId) => void this.#keepTile(frame, frameId),
      onUndecoded: () => {},
      ...{ onKeyframeNeeded: giveUp, onError: giveUp, onMisfit: giveUp },
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
        { ...sent, outWidth: setup.outWidth, outHeight: setup.outHeight },
        this.#tilePlace(),
        CHROMA_ALIGNMENT,
      );
      const { data } = await this.#reader.read(frame);
      if (this.#isDisposed) return;
      pending.sent = { tile, source: sourceOf(data, sent.width, tile) };
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

  async #judge({ tile, source }: SentTile, { codes, quality }: Answer): Promise<void> {
    const { setup, upscaleTile, onJudged } = this.#options;
    const { detail, outWidth } = setup;
    if (!detail) return;
    const size = { width: tile.across.length, height: tile.down.length };
    const outSize = { outWidth: tile.across.outLength, outHeight: tile.down.outLength };
    let best: TileBenefit | null = null;
    // A tile does not reveal the kind of the whole picture's pixels, so it may match either set of a network's weights.
    for (const input of isNetwork(quality) ? INPUT_KINDS : [undefined]) {
      const sharp = await upscaleTile({ ...size, ...outSize, quality, ...(input && { input }) }, source);
      const picture = { width: outSize.outWidth, height: outSize.outHeight, data: sharp };
      const expected = new Uint8Array(outSize.outWidth * outSize.outHeight);
      for (const _ of detailRows({ ...size, data: source }, picture, detail, expected));
      const benefit = benefitOf(expected, codes, outWidth, tile);
      if (!best || benefit.gained > best.gained) best = benefit;
    }
    if (!best || this.#isDisposed) return;
    this.#record.add(best);
    if (best.gained >= 0) this.#streak.right();
    else this.#streak.wrong();
    this.#isUrgent = this.#streak.isNew;
    const { worth } = this.#record;
    if (worth) onJudged(worth);
  }
}
