import { DETAIL_BASES, type DetailCoding } from '../../../shared/detail.ts';
import { MeshError } from '../../../shared/errors.ts';
import { logger } from '../../../shared/log.ts';
import type { StreamSetup } from '../../../shared/messages.ts';
import type { Quality } from '../../../shared/tasks/upscale.ts';
import type { ChannelPort } from '../../net/transferable-channel.ts';
import { type CheckedSetup, type Codec, isCodec, isCodecUsable } from '../codec/codecs.ts';
import { canBecome, MAX_SCALE, type StreamSize } from '../frame-size.ts';
import { VideoChannel } from '../transport/video-channel.ts';
import type { FrameEngine } from '../upscale/frame-engine.ts';
import type { StreamMemory } from './stream-memory.ts';
import { VolunteerStream } from './volunteer-stream.ts';

const log = logger('stream.volunteer');

/** Streams of one gamer that a volunteer holds at a time: each has a decoder, an encoder and a pipeline. */
export const MAX_STREAMS_PER_LINK = 4;
/** Setups of one gamer that may wait for the browser's answer about their codec. One that was closed meanwhile still waits for it. */
export const MAX_PENDING_SETUPS = 16;

export interface VolunteerStreamsOptions {
  /** The volunteer's end of the link's `video` channel. */
  port: ChannelPort;
  engine: FrameEngine;
  /** Shared by the links of all gamers. */
  memory: StreamMemory;
  now(): number;
  /** Whether this browser carries detail unchanged in a codec. Never rejects. */
  carriesDetail(codec: Codec): Promise<boolean>;
  /**
   * An upscaled frame was sent to the gamer.
   * @param kind - its quality and sizes
   * @param computeMs - how long it was upscaled, waiting for other work included
   */
  onFrameDone?(kind: string, computeMs: number): void;
  /** An open stream failed and was closed; the gamer must be told. */
  onFailed(streamId: number, error: MeshError): void;
  /** The channel closed by itself. With an error the link must be closed too. */
  onClosed(error: MeshError | null): void;
}

/** The volunteer's end of all streams of one link. Runs in the volunteer's worker. */
export class VolunteerStreams {
  readonly #options: VolunteerStreamsOptions;
  readonly #channel: VideoChannel;
  readonly #streams = new Map<number, VolunteerStream>();
  /** Setups in progress. A setup whose entry is gone was cancelled by a close. */
  readonly #opening = new Map<number, StreamSetup>();
  /** Setups that wait for the browser, cancelled ones too. */
  #pendingSetups = 0;
  #framesDone = 0;
  #isDisposed = false;

  constructor(options: VolunteerStreamsOptions) {
    this.#options = options;
    options.memory.add(this);
    this.#channel = new VideoChannel(options.port, options.now, (error) => {
      if (this.#isDisposed) return;
      this.dispose();
      options.onClosed(error);
    });
  }

  /** Bytes on the channel and upscaled frames sent, since the channel was opened. */
  get stats(): { bytesIn: number; bytesOut: number; framesDone: number } {
    const { bytesIn, bytesOut } = this.#channel.stats;
    return { bytesIn, bytesOut, framesDone: this.#framesDone };
  }

  /** Frames between arrival and answer, in all streams. */
  get queued(): number {
    return [...this.#streams.values()].reduce((sum, { held }) => sum + held, 0);
  }

  /** Sizes of the open streams. */
  get sizes(): StreamSize[] {
    return [...this.#streams.values()].map(({ size }) => size);
  }

  /** Quality of each stream at the moment. */
  get qualities(): Quality[] {
    return [...this.#streams.values()].map(({ quality }) => quality);
  }

  /** What computes them at the moment. */
  get backends(): string[] {
    return [...this.#streams.values()].map(({ backend }) => backend);
  }

  /**
   * Opens a stream, or changes an open one in place. Resolves to the backend it runs on. Throws MeshError: `bad-input` for impossible
   * sizes or an unknown codec, `unsupported-browser` for a codec this browser lacks or in which it changes detail, `queue-full` for one stream too
   * many, `too-large` where there is no memory for it, `cancelled` if it is closed meanwhile, or the engine's error.
   */
  async setup(wanted: StreamSetup): Promise<string> {
    const setup = checkedSetup(wanted);
    const open = this.#streams.get(setup.streamId);
    if (open) {
      open.change(setup);
      return open.backend;
    }
    this.#checkCapacity(setup.streamId);
    this.#opening.set(setup.streamId, wanted);
    this.#pendingSetups++;
    try {
      await checkCodec(setup, this.#options);
      if (this.#isDisposed || this.#opening.get(setup.streamId) !== wanted) throw MeshError.cancelled('The stream');
      return this.#open(setup).backend;
    } finally {
      this.#pendingSetups--;
      if (this.#opening.get(setup.streamId) === wanted) this.#opening.delete(setup.streamId);
    }
  }

  /** Releases the stream. Its frames that still arrive are ignored. */
  close(streamId: number): void {
    this.#opening.delete(streamId);
    if (this.#streams.has(streamId)) log.info('closed', { stream: streamId });
    this.#streams.get(streamId)?.dispose();
    this.#streams.delete(streamId);
  }

  dispose(): void {
    if (this.#isDisposed) return;
    this.#isDisposed = true;
    this.#opening.clear();
    for (const stream of this.#streams.values()) stream.dispose();
    this.#streams.clear();
    this.#options.memory.remove(this);
    this.#channel.close();
  }

  #open(setup: CheckedSetup): VolunteerStream {
    const { engine, memory, now, onFrameDone, onFailed } = this.#options;
    memory.checkCapacity(this, setup);
    const stream = new VolunteerStream({
      setup,
      channel: this.#channel,
      engine,
      now,
      onFrameDone: (kind, computeMs) => {
        this.#framesDone++;
        onFrameDone?.(kind, computeMs);
      },
      onFailed: (error) => {
        this.#streams.delete(setup.streamId);
        log.warn('failed', { stream: setup.streamId, reason: error.reason });
        onFailed(setup.streamId, error);
      },
      onHostile: (error) => {
        if (this.#isDisposed) return;
        this.dispose();
        this.#options.onClosed(error);
      },
    });
    this.#streams.set(setup.streamId, stream);
    const { streamId, codec, quality, width, height, outWidth, outHeight } = setup;
    const sizes = { width, height, outWidth, outHeight };
    log.info('opened', { stream: streamId, codec, quality, backend: stream.backend, ...sizes });
    return stream;
  }

  #checkCapacity(streamId: number): void {
    if (this.#isDisposed) throw MeshError.closed('The link');
    if (this.#opening.has(streamId))
      throw MeshError.badInput('This stream is already being opened. Wait for the answer.');
    if (this.#pendingSetups >= MAX_PENDING_SETUPS)
      throw new MeshError('queue-full', 'Too many streams are being opened here. Wait for the answers.');
    if (this.#streams.size + this.#opening.size < MAX_STREAMS_PER_LINK) return;
    throw new MeshError(
      'queue-full',
      `This volunteer holds ${MAX_STREAMS_PER_LINK} streams of yours already. Close one of them first.`,
    );
  }
}

function checkedSetup(setup: StreamSetup): CheckedSetup {
  const { codec, width, height, outWidth, outHeight } = setup;
  if (!isCodec(codec)) throw MeshError.badInput(`This volunteer does not know the codec '${codec}'.`);
  if (!canBecome(setup, setup)) {
    throw MeshError.badInput(
      `Frames of ${width}x${height} cannot become ${outWidth}x${outHeight}: even sizes, 1 to ${MAX_SCALE} times as large.`,
    );
  }
  return { ...setup, codec, detail: setup.detail && checkedDetail(setup.detail) };
}

function checkedDetail({ base, ...coding }: NonNullable<StreamSetup['detail']>): DetailCoding {
  const known = DETAIL_BASES.find((name) => name === base);
  if (known) return { base: known, ...coding };
  throw MeshError.badInput(
    `This volunteer cannot make detail for the base '${base}'. Use ${DETAIL_BASES.join(' or ')}, or reload both pages.`,
  );
}

async function checkCodec(
  setup: CheckedSetup,
  { carriesDetail }: Pick<VolunteerStreamsOptions, 'carriesDetail'>,
): Promise<void> {
  const { codec, width, height, outWidth, outHeight, detail } = setup;
  const isUsable = await isCodecUsable(codec, { width: outWidth, height: outHeight }, { width, height });
  if (!isUsable) {
    throw new MeshError(
      'unsupported-browser',
      `This volunteer's browser cannot encode ${codec} at ${outWidth}x${outHeight}. Try another codec.`,
    );
  }
  // Detail that an encoder changed would look like a cheat's.
  if (!detail || (await carriesDetail(codec))) return;
  throw new MeshError(
    'unsupported-browser',
    `This volunteer's browser changes the values of detail when it encodes ${codec}. Try another codec.`,
  );
}
