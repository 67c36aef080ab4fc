import type { DetailCoding } from '../../../shared/detail.ts';
import type { PixelImage } from '../../../shared/tasks/definition.ts';
import { INPUT_KINDS, type InputKind, possibleKindsOf } from '../../../shared/tasks/input-kind.ts';
import { isNetwork, type Quality, type UpscaleParams } from '../../../shared/tasks/upscale.ts';
import type { PictureTile } from '../../../shared/tasks/upscale-tile.ts';
import { detailRows } from '../../compute/reference/detail.ts';
import { benefitOf, type TileBenefit } from './detail-benefit.ts';

/**
 * How long a volunteer may go on with the weights for another kind of pixels, ms: it looks at every sixtieth frame, and changes once two in a row say so
 * (shared/tasks/input-kind.ts); 12 frames a second.
 */
const KIND_LAG_MS = 10_000;
/** Share of what a tile's detail should add that is enough for no other weights to be tried. */
const GOOD_MATCH = 0.5;

/** Enlarges the pixels of a tile on this machine. Rejects with MeshError where it cannot. */
export type UpscaleTile = (params: UpscaleParams, source: Uint8Array) => Promise<Uint8Array>;

/** A tile of a frame that was sent, as the volunteer decoded it. */
export interface SentTile {
  tile: PictureTile;
  source: Uint8Array;
  /** What the volunteer may have taken the pixels of the whole frame for: a tile does not reveal it. */
  kinds: readonly InputKind[];
}

/** The volunteer's answer. */
export interface Answer {
  /** Of the whole frame. */
  codes: Uint8Array;
  quality: Quality;
}

export interface TileCheckOptions {
  setup: { outWidth: number; detail: DetailCoding };
  upscaleTile: UpscaleTile;
}

/** The kinds of pixels that a volunteer may take the pictures of a stream for. */
export class RecentKinds {
  readonly #now: () => number;
  readonly #seenMs = new Map<InputKind, number>();

  constructor(now: () => number) {
    this.#now = now;
  }

  /** What this picture shows, and what others showed a while ago. */
  of(picture: PixelImage): readonly InputKind[] {
    const nowMs = this.#now();
    for (const kind of possibleKindsOf(picture)) this.#seenMs.set(kind, nowMs);
    return INPUT_KINDS.filter((kind) => nowMs - (this.#seenMs.get(kind) ?? Number.NEGATIVE_INFINITY) < KIND_LAG_MS);
  }
}

/**
 * Computes the detail of a tile, and what the received one is worth beside it. Detail by a network's weights for a kind of pixels that the frame does not have counts for
 * nothing where it harms: the source may have changed shortly before it was looked at, so nobody is barred for it. Rejects as {@link UpscaleTile}.
 */
export async function benefitOfTile(sent: SentTile, answer: Answer, options: TileCheckOptions): Promise<TileBenefit> {
  if (!isNetwork(answer.quality)) return benefitBy(null, sent, answer, options);
  const [first = INPUT_KINDS[0], ...others] = sent.kinds;
  let best = await benefitBy(first, sent, answer, options);
  for (const kind of others) {
    if (best.gained >= GOOD_MATCH * best.energy) return best;
    const benefit = await benefitBy(kind, sent, answer, options);
    if (benefit.gained > best.gained) best = benefit;
  }
  if (best.gained >= 0) return best;
  for (const kind of INPUT_KINDS.filter((each) => each !== first && !others.includes(each))) {
    const { gained } = await benefitBy(kind, sent, answer, options);
    if (gained > 0) return { ...best, gained: 0 };
  }
  return best;
}

/** @param input - whose weights are taken; null for filters, which have none. */
async function benefitBy(
  input: InputKind | null,
  { tile, source }: SentTile,
  { codes, quality }: Answer,
  { setup, upscaleTile }: TileCheckOptions,
): Promise<TileBenefit> {
  const size = { width: tile.across.length, height: tile.down.length };
  const outSize = { outWidth: tile.across.outLength, outHeight: tile.down.outLength };
  const sharp = await upscaleTile({ ...size, ...outSize, quality, ...(input && { input }) }, source);
  const picture = { width: outSize.outWidth, height: outSize.outHeight, data: sharp };
  const expected = new Uint8Array(outSize.outWidth * outSize.outHeight);
  for (const _ of detailRows({ ...size, data: source }, picture, setup.detail, expected));
  return benefitOf(expected, codes, setup.outWidth, tile);
}
