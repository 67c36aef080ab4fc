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
import { benefitOf, type DetailWorth, type TileBenefit } from './detail-benefit.ts';
import type { DetailHistory } from './detail-history.ts';
import type { Place } from './detail-plausibility.ts';

const log = logger('stream.verify');

/** Tiles that may wait for their frame's detail: more frames than are ever in flight to a volunteer. */
const MAX_PENDING = 16;
/**
 * Time between two runs in which our own packets are decoded, ms, on average, unless keyframes are wanted for another reason: decoding costs this
 * machine, and a keyframe costs bits.
 */
const RUN_INTERVAL_MS = 30_000;
/** Packets of a run, on average. A volunteer that behaves for a while after each keyframe would have to guess for how long. */
const RUN_PACKETS = 90;
/** Share of the tiles that are taken where the detail was doubtful; the others may find what was not noticed. */
const SUSPECTED_SHARE = 0.5;
/** Chroma has half the size of luma. */
const CHROMA_ALIGNMENT = 2;

/** Enlarges the pixels of a tile on this machine. Rejects with MeshError where it cannot. */
export type UpscaleTile = (params: UpscaleParams, source: Uint8Array) => Promise<Uint8Array>;

export interface DetailCheckOptions {
  history: DetailHistory;
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

/**
 * Checks a volunteer's detail against our own computation. An encoder does not show what a decoder makes of its packets, so in runs from a
 * keyframe this machine decodes them too, and computes the detail of random tiles of random frames of these.
 */
export class DetailCheck {
  readonly #options: DetailCheckOptions;
  readonly #streak = new CheckStreak();
  readonly #reader = new RgbaReader();
  readonly #pending = new Map<number, SentTile>();
  #decoder: FrameDecoder<number | null> | null = null;
  #packetsLeft = 0;
  #nextRunMs = Number.NEGATIVE_INFINITY;
  /** Where the detail was doubtful last; null: nowhere in particular. */
  #suspected: Place | null = null;
  #isReading = false;
  #isComputing = false;
  #isDisposed = false;

  constructor(options: DetailCheckOptions) {
    this.#options = options;
  }

  /** A packet was sent to the volunteer. */
  sent(packet: Packet, frameId: number): void {
    const { now, random, requestKeyframe } = this.#options;
    if (this.#packetsLeft === 0 && packet.keyframe) this.#start();
    if (this.#packetsLeft === 0) {
      if (now() < this.#nextRunMs) return;
      this.#nextRunMs = now() + RUN_INTERVAL_MS;
      requestKeyframe();
      return;
    }
    this.#packetsLeft--;
    const isChecked = !this.#isReading && this.#streak.isDue(random);
    this.#decoder?.decode(packet, isChecked ? frameId : null);
    if (this.#packetsLeft === 0) this.#stop();
  }

  /** The detail of a frame has come. The caller keeps the codes, and does not change them. */
  received(frameId: number, codes: Uint8Array, quality: Quality): void {
    const sent = this.#pending.get(frameId);
    this.#pending.delete(frameId);
    if (!sent || this.#isComputing || this.#isDisposed) return;
    this.#isComputing = true;
    this.#judge(sent, codes, quality)
      .catch((cause: unknown) => log.debug('not checked', { reason: MeshError.from(cause).reason }))
      .finally(() => {
        this.#isComputing = false;
      });
  }

  /** The volunteer's detail is doubtful: it is checked now, every frame of a run. @param at - where, if it is known */
  suspect(at: Place | null): void {
    this.#suspected = at;
    this.#streak.wrong();
    this.#nextRunMs = Number.NEGATIVE_INFINITY;
  }

  dispose(): void {
    this.#isDisposed = true;
    this.#stop();
    this.#pending.clear();
  }

  #start(): void {
    const { setup, now, random } = this.#options;
    this.#packetsLeft = Math.ceil(2 * RUN_PACKETS * random()) + 1;
    this.#nextRunMs = now() + 2 * RUN_INTERVAL_MS * random();
    const { codec, width, height } = setup;
    this.#decoder ??= new FrameDecoder(codec, { width, height }, now, {
      onFrame: (frame, frameId) => void this.#keepTile(frame, frameId),
      onUndecoded: () => {},
      onKeyframeNeeded: () => this.#stop(),
      onError: () => this.#stop(),
      onMisfit: () => this.#stop(),
    });
  }

  #stop(): void {
    this.#packetsLeft = 0;
    this.#decoder?.dispose();
    this.#decoder = null;
  }

  /** Takes ownership of the frame. Never rejects. */
  async #keepTile(frame: VideoFrame, frameId: number | null): Promise<void> {
    const { setup } = this.#options;
    try {
      const sent = sizeOf(frame);
      if (frameId === null || this.#isReading || !canBecome(sent, setup)) return;
      this.#isReading = true;
      const tile = randomTile(
        { ...sent, outWidth: setup.outWidth, outHeight: setup.outHeight },
        this.#tilePlace(),
        CHROMA_ALIGNMENT,
      );
      const { data } = await this.#reader.read(frame);
      if (this.#isDisposed) return;
      const source = sourceOf(data, sent.width, tile);
      const [oldest] = this.#pending.keys();
      // Its detail was lost.
      if (this.#pending.size >= MAX_PENDING && oldest !== undefined) this.#pending.delete(oldest);
      this.#pending.set(frameId, { tile, source });
    } catch (cause) {
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

  async #judge({ tile, source }: SentTile, codes: Uint8Array, quality: Quality): Promise<void> {
    const { setup, upscaleTile, history, onJudged } = this.#options;
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
    history.record.add(best);
    if (best.gained >= 0) this.#streak.right();
    else this.#streak.wrong();
    const { worth } = history.record;
    if (worth) onJudged(worth);
  }
}
