import { MAX_DETAIL_CODES, NO_DETAIL_CODE } from '../../../shared/detail.ts';
import { MeshError } from '../../../shared/errors.ts';
import { logger } from '../../../shared/log.ts';
import type { Codec } from '../codec/codecs.ts';
import { FrameDecoder } from '../codec/frame-decoder.ts';
import { FrameEncoder } from '../codec/frame-encoder.ts';
import { withholdsFrames } from '../codec/withheld-frames.ts';
import { DetailReader } from './detail-reader.ts';

const log = logger('stream.compose');

/** Large enough for every code to be a column of its own, and a multiple of the blocks of all codecs. */
const SIZE = { width: 256, height: 256 };
const FPS = 30;
/** Generous: some four bits a pixel. */
const KBPS = 8_000;
/** Frames of each pattern: a codec refines what stands still, and its rate control may skip one. */
const FRAMES_PER_PATTERN = 3;
/** Largest error of a flat 128, codes: what the player's dead zone removes. */
const FLAT_TOLERANCE = 1;
/** Largest error of a ramp, codes. */
const RAMP_TOLERANCE = 2;
/** Time for trying one codec, ms; it takes some 100. */
const TRIAL_MS = 1_000;
/** Share of it that the first frame may take by itself. */
const FIRST_FRAME_SHARE = 1 / 6;

/** How a codec of this browser carries detail. Largest errors, in codes; null where it failed or took too long. */
export interface DetailFidelity {
  codec: Codec;
  flatError: number | null;
  rampError: number | null;
  /** Whether it gives no frame out by itself. */
  withholds: boolean;
}

/**
 * The codecs without those that carry detail wrong: encoded, decoded and read here, a flat 128 does not come out as no detail, or a ramp not within
 * two codes, or no frame comes out until it is flushed. One that failed or took too long stays: a busy machine proves nothing, and a stream that fails tries the next codec.
 */
export async function codecsForDetail(
  codecs: readonly Codec[],
  now: () => number,
  trialMs = TRIAL_MS,
): Promise<Codec[]> {
  const right: Codec[] = [];
  for (const codec of codecs) {
    if (isRight(await detailFidelity(codec, now, trialMs))) right.push(codec);
  }
  return right;
}

/** Whether this browser carries detail right in a codec, as {@link codecsForDetail}. Tried when it is first asked, some 100 ms, and not again in this thread. */
export async function carriesDetail(codec: Codec, now: () => number): Promise<boolean> {
  const trial = trials.get(codec) ?? detailFidelity(codec, now);
  trials.set(codec, trial);
  const fidelity = await trial;
  if (fidelity.flatError === null && !fidelity.withholds) trials.delete(codec);
  return isRight(fidelity);
}

const trials = new Map<Codec, Promise<DetailFidelity>>();

/** Sends a flat 128 and two ramps of all codes through a codec. Never throws. */
export async function detailFidelity(codec: Codec, now: () => number, trialMs = TRIAL_MS): Promise<DetailFidelity> {
  let roundTrip: RoundTrip | null = null;
  try {
    roundTrip = new RoundTrip(codec, now, trialMs);
    if (await withholdsFrames(roundTrip, trialMs * FIRST_FRAME_SHARE, after)) {
      log.warn('withholds frames', { codec });
      return { codec, flatError: null, rampError: null, withholds: true };
    }
    const errors: number[] = [];
    for (const pattern of [FLAT, ACROSS, DOWN, FLAT]) errors.push(await roundTrip.largestError(pattern));
    const [first = 0, across = 0, down = 0, last = 0] = errors;
    const fidelity = { codec, flatError: Math.max(first, last), rampError: Math.max(across, down), withholds: false };
    log.info('tried', { ...fidelity, isRight: isRight(fidelity) });
    return fidelity;
  } catch (cause) {
    log.warn('cannot carry detail', { codec, reason: MeshError.from(cause).reason });
    return { codec, flatError: null, rampError: null, withholds: false };
  } finally {
    roundTrip?.dispose();
  }
}

/** One that was not measured is not wrong. */
function isRight({ flatError, rampError, withholds }: DetailFidelity): boolean {
  return !withholds && (flatError ?? 0) <= FLAT_TOLERANCE && (rampError ?? 0) <= RAMP_TOLERANCE;
}

function after(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

const FLAT = pattern(() => NO_DETAIL_CODE);
const ACROSS = pattern((x) => rampCode(x));
const DOWN = pattern((_, y) => rampCode(y));

function pattern(codeAt: (x: number, y: number) => number): Uint8Array {
  const { width, height } = SIZE;
  return Uint8Array.from({ length: width * height }, (_, i) => codeAt(i % width, Math.floor(i / width)));
}

function rampCode(position: number): number {
  return Math.min(NO_DETAIL_CODE - MAX_DETAIL_CODES + position, NO_DETAIL_CODE + MAX_DETAIL_CODES);
}

/** Both ends of a stream of detail in one codec. */
class RoundTrip {
  readonly #reader = new DetailReader(SIZE);
  readonly #encoder: FrameEncoder<null>;
  readonly #decoder: FrameDecoder<null>;
  readonly #cancelTimer: () => void;
  #settle: { resolve(codes: Uint8Array | null): void; reject(error: unknown): void } = { resolve() {}, reject() {} };
  #frames = 0;

  /** Throws MeshError `unsupported-browser`. */
  constructor(codec: Codec, now: () => number, trialMs: number) {
    const failed = (error: unknown) => this.#settle.reject(error);
    const undecoded = () =>
      failed(new MeshError('unsupported-browser', `This browser does not decode its own ${codec}.`));
    this.#decoder = new FrameDecoder(codec, SIZE, now, {
      onFrame: (frame) => void this.#read(frame),
      ...{ onUndecoded: undecoded, onKeyframeNeeded: undecoded, onError: failed, onOversized: failed },
    });
    this.#encoder = new FrameEncoder(
      { codec, ...SIZE, fps: FPS, kbps: KBPS },
      {
        onPacket: (packet) => this.#decoder.decode(packet, null),
        onSkipped: () => this.#settle.resolve(null),
        onError: failed,
      },
    );
    const timer = setTimeout(() => failed(MeshError.timeout(`Trying ${codec}`, trialMs)), trialMs);
    this.#cancelTimer = () => clearTimeout(timer);
  }

  /** Sends a frame that needs none before it. Throws MeshError. */
  async give(): Promise<void> {
    this.#encoder.requestKeyframe();
    await this.#send(FLAT);
  }

  async flush(): Promise<void> {
    await this.#encoder.flush();
    await this.#decoder.flush();
  }

  /** Of the last of several frames with these codes. Throws MeshError. */
  async largestError(codes: Uint8Array): Promise<number> {
    let received: Uint8Array | null = null;
    for (let n = 0; n < FRAMES_PER_PATTERN; n++) received = (await this.#send(codes)) ?? received;
    if (!received) throw new MeshError('timeout', 'The encoder skips every frame. Use another codec.');
    let largest = 0;
    for (let i = 0; i < codes.length; i++) largest = Math.max(largest, Math.abs((codes[i] ?? 0) - (received[i] ?? 0)));
    return largest;
  }

  dispose(): void {
    this.#cancelTimer();
    this.#encoder.dispose();
    this.#decoder.dispose();
  }

  /** Null where the encoder skipped the frame. */
  #send(codes: Uint8Array): Promise<Uint8Array | null> {
    const received = new Promise<Uint8Array | null>((resolve, reject) => {
      this.#settle = { resolve, reject };
    });
    const frame = detailFrame(codes, Math.round((this.#frames++ * 1e6) / FPS));
    this.#encoder.encode(frame, null);
    // Not once it was received: one that is late is not waited for when the next one is sent.
    frame.close();
    return received;
  }

  async #read(frame: VideoFrame): Promise<void> {
    const { resolve, reject } = this.#settle;
    try {
      resolve(await this.#reader.read(frame));
    } catch (cause) {
      reject(cause);
    } finally {
      frame.close();
    }
  }
}

/** As a volunteer makes it. */
function detailFrame(codes: Uint8Array, timestamp: number): VideoFrame {
  const { width, height } = SIZE;
  const data = new Uint8Array(codes.length * 1.5).fill(NO_DETAIL_CODE, codes.length);
  data.set(codes);
  const colorSpace = { primaries: 'bt709', transfer: 'bt709', matrix: 'bt709', fullRange: false } as const;
  return new VideoFrame(data, { format: 'I420', codedWidth: width, codedHeight: height, timestamp, colorSpace });
}
