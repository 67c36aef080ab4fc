import { MeshError } from '../../../shared/errors.ts';
import { logger } from '../../../shared/log.ts';
import type { AppliedDetail, Composer, ComposerName, RawPicture } from './composer.ts';

const log = logger('stream.compose');

/**
 * Newest pictures on a GPU whose frames are kept open, so that they outlive the GPU: the one that is shown and those that wait for detail, two at
 * most. A source stalls on some ten open frames.
 */
const MAX_KEPT_FRAMES = 3;

/** Errors that another way of composing would answer with too. */
const CALLERS_FAULTS: readonly string[] = ['bad-input', 'malformed', 'source-ended', 'closed'];

/** A picture in the way of composing that was in use when it was loaded or last composed. */
class MovablePicture implements RawPicture {
  readonly width: number;
  readonly height: number;
  readonly #onDisposed: (picture: MovablePicture) => void;
  way: Composer;
  /** Null once it was disposed. */
  inWay: RawPicture | null;
  /** To load it again; null where it cannot be lost, or is too old to be shown. */
  frame: VideoFrame | null = null;

  constructor(way: Composer, inWay: RawPicture, onDisposed: (picture: MovablePicture) => void) {
    this.way = way;
    this.inWay = inWay;
    this.width = inWay.width;
    this.height = inWay.height;
    this.#onDisposed = onDisposed;
  }

  closeFrame(): void {
    this.frame?.close();
    this.frame = null;
  }

  dispose(): void {
    this.closeFrame();
    this.inWay?.dispose();
    this.inWay = null;
    this.#onDisposed(this);
  }
}

/** Composes in the first of several ways. When that fails, the next takes over with the same picture, for good. */
export class FailoverComposer implements Composer {
  readonly #ways: Composer[];
  /** Pictures with an open frame, newest last. */
  readonly #kept: MovablePicture[] = [];
  #name: ComposerName;
  #isDisposed = false;

  /** @param ways - at least one, best first. Owns them. */
  constructor(ways: readonly Composer[]) {
    this.#ways = [...ways];
    this.#name = ways[0]?.name ?? 'wasm';
  }

  get name(): ComposerName {
    return this.#name;
  }

  load(frame: VideoFrame): Promise<RawPicture> {
    return this.#inBestWay(async (way) => {
      const picture = new MovablePicture(way, await way.load(frame), (disposed) => this.#forget(disposed));
      if (isVolatile(way)) this.#keep(picture, frame);
      return picture;
    });
  }

  compose(raw: RawPicture, detail: AppliedDetail | null, target: OffscreenCanvasRenderingContext2D): Promise<void> {
    return this.#inBestWay(async (way) => {
      const picture = await this.#moved(raw, way);
      if (!picture) {
        throw new MeshError('closed', 'The picture was lost together with the GPU. The next frame is shown again.');
      }
      // Whether the source stood still cannot be told without the picture that the detail belongs to.
      const of = detail && (await this.#moved(detail.of, way));
      await way.compose(picture, detail && of && { ...detail, of }, target);
    });
  }

  dispose(): void {
    this.#isDisposed = true;
    for (const picture of this.#kept.splice(0)) picture.closeFrame();
    for (const way of this.#ways.splice(0)) way.dispose();
  }

  async #inBestWay<T>(work: (way: Composer) => Promise<T>): Promise<T> {
    for (;;) {
      const [way] = this.#ways;
      if (!way || this.#isDisposed) throw MeshError.closed('The composer');
      try {
        return await work(way);
      } catch (cause) {
        const error = MeshError.from(cause, 'device-lost');
        // Work that ran at the same time may have given the way up, which closed it.
        const isGivenUp = !this.#isDisposed && this.#ways[0] !== way;
        if (isGivenUp) continue;
        if (CALLERS_FAULTS.includes(error.reason) || this.#ways.length === 1) throw error;
        this.#giveUp(way, error);
      }
    }
  }

  #giveUp(way: Composer, { reason }: MeshError): void {
    this.#ways.shift();
    way.dispose();
    this.#name = this.#ways[0]?.name ?? this.#name;
    log.warn('given up', { way: way.name, reason, next: this.#name });
  }

  /** A picture in this way; null where its pixels went with the way that it was in. Throws MeshError. */
  async #moved(raw: RawPicture, way: Composer): Promise<RawPicture | null> {
    if (!(raw instanceof MovablePicture) || !raw.inWay) {
      throw MeshError.badInput("The picture is not this composer's, or was disposed. Load it again.");
    }
    if (raw.way === way) return raw.inWay;
    if (!raw.frame) return null;
    const inWay = await way.load(raw.frame);
    if (!raw.inWay || raw.way === way) {
      // Disposed meanwhile, or moved by another composition.
      inWay.dispose();
      return raw.inWay;
    }
    // The way that was given up may live on, with what it had for this picture.
    raw.inWay.dispose();
    raw.way = way;
    raw.inWay = inWay;
    if (!isVolatile(way)) this.#forget(raw);
    return inWay;
  }

  #keep(picture: MovablePicture, frame: VideoFrame): void {
    picture.frame = frame.clone();
    this.#kept.push(picture);
    if (this.#kept.length > MAX_KEPT_FRAMES) this.#kept.shift()?.closeFrame();
  }

  #forget(picture: MovablePicture): void {
    picture.closeFrame();
    const index = this.#kept.indexOf(picture);
    if (index >= 0) this.#kept.splice(index, 1);
  }
}

/** Whether the pictures of this way may be lost. */
function isVolatile({ name }: Composer): boolean {
  return name !== 'wasm';
}
