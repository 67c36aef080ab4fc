import * as Comlink from 'comlink';
import { MeshError } from '../../shared/errors.ts';
import type { Where } from '../../shared/tasks/definition.ts';
import { rankedCodecs } from '../stream/codec/codecs.ts';
import { openSource, type SourceFrames, type StreamSource } from '../stream/gamer/source-frames.ts';
import type { StreamEvent } from '../stream/gamer/stream-events.ts';
import { type StreamLink, StreamNegotiator } from '../stream/gamer/stream-negotiator.ts';
import type { StreamStats } from '../stream/gamer/stream-statistics.ts';
import { checkStreamChanges, type StreamOptions, type StreamSettings, toStreamSettings } from '../stream/settings.ts';
import type { StreamWorkerApi } from './stream.worker.ts';

export type { StreamLink, StreamOptions, StreamSource, StreamStats };

/** What may change while a stream runs. */
export type StreamChanges = Pick<StreamOptions, 'quality' | 'maxFps' | 'where'>;

/** A live source, sharpened. */
export interface FrameStream {
  /** Where the frames are shown; put it into a page. */
  readonly canvas: HTMLCanvasElement;
  /** The same as a track, for a video element or a recorder; ends with the stream. */
  readonly track: MediaStreamTrack;
  /** As of a quarter of a second ago at most. `why` also tells that the source ended, or why the last volunteer was let go. */
  stats(): StreamStats;
  /** Throws MeshError `bad-input`. */
  set(options: StreamChanges): void;
  close(): Promise<void>;
}

export interface StreamDeps {
  worker: Comlink.Remote<StreamWorkerApi>;
  /** Volunteers linked now. */
  links(): StreamLink[];
  /** Returns what ends it. */
  onLinksChanged(listener: () => void): () => void;
  now(): number;
  defaultWhere: Where;
  onClosed(stream: FrameStream): void;
}

/**
 * Opens a stream. The frames go from the source to the worker to a volunteer, or are sharpened in the worker; the page only
 * introduces them.
 *
 * Throws MeshError `bad-input` for an impossible option or source,
 * `source-ended`, `unsupported-browser`.
 */
export async function openFrameStream(
  deps: StreamDeps,
  source: StreamSource,
  options: StreamOptions,
): Promise<FrameStream> {
  const settings = toStreamSettings(options, deps.defaultWhere);
  checkSupport();
  const opened = openSource(source);
  const stream = new PageFrameStream(deps, opened, settings);
  try {
    await stream.open(opened);
    return stream;
  } catch (cause) {
    opened.first?.close();
    await stream.close();
    throw cause instanceof MeshError ? cause : cannotHandOver(cause);
  }
}

/** Streams of this page, and of each the volunteers' ends: none may share a number with another on the same link. */
let nextKey = 0;
let nextStreamId = 0;

class PageFrameStream implements FrameStream {
  readonly canvas = document.createElement('canvas');
  readonly #deps: StreamDeps;
  readonly #key = nextKey++;
  readonly #events = new MessageChannel();
  readonly #stopSource: () => void;
  #roster: StreamNegotiator | null = null;
  #stopWatchingLinks: () => void = () => {};
  #settings: StreamSettings;
  #size: Extract<StreamEvent, { kind: 'size' }>['size'] | null = null;
  #stats: StreamStats | null = null;
  #track: MediaStreamTrack | null = null;
  #closing: Promise<void> | null = null;

  constructor(deps: StreamDeps, { stop }: SourceFrames, settings: StreamSettings) {
    this.#deps = deps;
    this.#stopSource = stop;
    this.#settings = settings;
  }

  async open({ frames, first, again }: SourceFrames): Promise<void> {
    const { worker } = this.#deps;
    this.#events.port1.onmessage = ({ data }: MessageEvent<StreamEvent>) => this.#heard(data);
    const canvas = this.canvas.transferControlToOffscreen();
    const events = this.#events.port2;
    const opening = { frames, first, canvas, settings: this.#settings, events };
    const transferred = [frames, canvas, events, ...(first ? [first] : [])];
    const stats = await worker.openStream(this.#key, Comlink.transfer(opening, transferred));
    this.#stats ??= stats;
    again();
    void this.#recruit();
  }

  get track(): MediaStreamTrack {
    this.#track ??= this.canvas.captureStream().getVideoTracks()[0] ?? null;
    if (!this.#track) throw new MeshError('unsupported-browser', 'This browser cannot make a track of a canvas.');
    return this.#track;
  }

  stats(): StreamStats {
    if (!this.#stats) throw MeshError.closed('The stream');
    const { running, why } = this.#stats;
    const error = this.#roster?.lastError;
    const isTold = error && running === 'local' && this.#settings.where !== 'local';
    return isTold ? { ...this.#stats, why: `${why} The last volunteer was let go: ${error.message}` } : this.#stats;
  }

  set(options: StreamChanges): void {
    const changes = checkStreamChanges(options);
    if (this.#closing) throw MeshError.closed('The stream');
    this.#settings = { ...this.#settings, ...changes };
    void this.#deps.worker.setStream(this.#key, changes);
    if (this.#size) this.#roster?.want(this.#size, this.#settings);
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.#stopWatchingLinks();
    this.#roster?.release();
    this.#track?.stop();
    this.#stopSource();
    this.#events.port1.close();
    this.#deps.onClosed(this);
    await this.#deps.worker.closeStream(this.#key);
  }

  /** The picture does not wait for this: until codecs are tried and volunteers set up, it is made here. */
  async #recruit(): Promise<void> {
    const codecs = await rankedCodecs();
    if (this.#closing) return;
    const { worker, links, now, onLinksChanged } = this.#deps;
    const roster = new StreamNegotiator({
      links,
      now,
      codecs,
      nextStreamId: () => nextStreamId++,
      use: (ready) => worker.useVolunteer(this.#key, ready),
      drop: (streamId) => void worker.dropVolunteer(this.#key, streamId),
    });
    this.#roster = roster;
    this.#stopWatchingLinks = onLinksChanged(() => roster.look());
    if (this.#size) roster.want(this.#size, this.#settings);
  }

  #heard(event: StreamEvent): void {
    if (this.#closing) return;
    if (event.kind === 'stats') {
      this.#stats = event.stats;
      this.#roster?.look();
    } else if (event.kind === 'size') {
      this.#size = event.size;
      this.#roster?.want(event.size, this.#settings);
    } else if (event.kind === 'volunteer-failed') {
      this.#roster?.failed(event.streamId, MeshError.from(event.error));
    } else {
      this.#size = null;
      this.#roster?.release();
    }
  }
}

function cannotHandOver(cause: unknown): MeshError {
  const detail = cause instanceof Error ? cause.message : String(cause);
  return new MeshError(
    'unsupported-browser',
    `This browser cannot hand frames to a worker (${detail}). Use a current Chrome or Edge.`,
    { cause },
  );
}

function checkSupport(): void {
  const isSupported =
    typeof VideoEncoder === 'function' &&
    typeof VideoDecoder === 'function' &&
    typeof VideoFrame === 'function' &&
    typeof OffscreenCanvas === 'function' &&
    typeof HTMLCanvasElement.prototype.transferControlToOffscreen === 'function';
  if (isSupported) return;
  throw new MeshError(
    'unsupported-browser',
    isSecureContext
      ? 'Live streams need WebCodecs and OffscreenCanvas. Use a current Chrome or Edge.'
      : 'This page was opened over http://, where browsers offer no WebCodecs. Open it over https://, or on localhost.',
  );
}
