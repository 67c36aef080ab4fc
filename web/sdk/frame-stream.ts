import * as Comlink from 'comlink';
import { type BrowserNeed, lacking, lackOf } from '../../shared/browser-needs.ts';
import { MeshError } from '../../shared/errors.ts';
import type { Where } from '../../shared/tasks/definition.ts';
import { lesserOf, type Quality } from '../../shared/tasks/upscale.ts';
import type { VolunteerTrust } from '../net/volunteer-trust.ts';
import { type Codec, rankedCodecs } from '../stream/codec/codecs.ts';
import { codecsForDetail } from '../stream/compose/codec-self-test.ts';
import type { StreamSize } from '../stream/frame-size.ts';
import type { FramePair } from '../stream/gamer/before-view.ts';
import { openSource, type StreamSource } from '../stream/gamer/frame-source.ts';
import type { GamerStream } from '../stream/gamer/gamer-stream.ts';
import { type StreamLink, StreamNegotiator } from '../stream/gamer/stream-negotiator.ts';
import { type StreamReason, type StreamReasonKind, toWhy } from '../stream/gamer/stream-reason.ts';
import type { StreamRegistry } from '../stream/gamer/stream-registry.ts';
import type { StreamStats } from '../stream/gamer/stream-statistics.ts';
import type { StreamEvent } from '../stream/gamer/stream-types.ts';
import {
  bestOf,
  checkStreamChanges,
  type StreamOptions,
  type StreamQuality,
  type StreamSettings,
  toStreamSettings,
} from '../stream/settings.ts';

export type {
  FramePair,
  StreamLink,
  StreamOptions,
  StreamQuality,
  StreamReason,
  StreamReasonKind,
  StreamSource,
  StreamStats,
};

/** Settings that may change while a stream runs. */
export type StreamChanges = Pick<StreamOptions, 'quality' | 'maxFps' | 'where' | 'patience'>;

/** A live source, upscaled. */
export interface FrameStream {
  /** Shows the frames; put it into a page. */
  readonly canvas: HTMLCanvasElement;
  /**
   * Shows the source's frames as they were captured, at their own size: at every moment the one that `canvas` shows sharpened, which the
   * source itself has left behind by then. Made when it is first read; blank until the next frame is shown. For the eye: a page that
   * is busy may read the two canvases a frame apart, so use {@link pair} for pictures that are saved.
   */
  readonly before: HTMLCanvasElement;
  /**
   * Copies of one frame as captured and as shown, with what was done to it. Null until a frame is shown after the first call, or after
   * `before` was first read. The caller closes both pictures. Rejects with MeshError `closed`.
   */
  pair(): Promise<FramePair | null>;
  /** The canvas as a track, for a video element or a recorder. It ends with the stream. */
  readonly track: MediaStreamTrack;
  /** At most a quarter of a second old. `why` also says that the source ended, or why the last volunteer was dropped. */
  stats(): StreamStats;
  /** Throws MeshError `bad-input`. */
  set(options: StreamChanges): void;
  close(): Promise<void>;
}

export interface StreamDeps {
  streams: Comlink.Remote<StreamRegistry>;
  trust: VolunteerTrust;
  /** The volunteers that are linked now. */
  links(): StreamLink[];
  /** Returns a function that removes the listener. */
  onLinksChanged(listener: () => void): () => void;
  now(): number;
  defaultWhere: Where;
  onClosed(stream: FrameStream): void;
}

/**
 * Opens a stream. Frames go from the source to the worker and on to a volunteer, or are upscaled in the worker; the page only
 * negotiates with the volunteers.
 *
 * Throws MeshError `bad-input` for an impossible option or source, `source-ended`, `unsupported-browser`.
 */
export async function openFrameStream(
  deps: StreamDeps,
  source: StreamSource,
  options: StreamOptions,
): Promise<FrameStream> {
  const settings = toStreamSettings(options, deps.defaultWhere);
  checkSupport();
  const { frames, first, again, watchEnd, stop } = await openSource(source, () => deps.streams.readsTracks());
  const canvas = document.createElement('canvas');
  const { port1: eventPort, port2: events } = new MessageChannel();
  try {
    const offscreen = canvas.transferControlToOffscreen();
    const opening = { frames, first, canvas: offscreen, settings, events };
    // TypeScript does not know yet that tracks can be transferred.
    const transferred = [frames as Transferable, offscreen, events, ...(first ? [first] : [])];
    const remote = await deps.streams.open(Comlink.transfer(opening, transferred));
    again();
    watchEnd?.(() => void remote.endSource());
    const opened = { canvas, settings, eventPort, remote, stats: await remote.stats(), stopSource: stop };
    return new PageFrameStream(deps, opened);
  } catch (cause) {
    first?.close();
    stop();
    eventPort.close();
    throw cause instanceof MeshError ? cause : cannotHandOver(cause);
  }
}

/** The codecs that this browser carries detail with, tested once. */
let detailCodecs: Promise<Codec[]> | undefined;

function testedForDetail(ranked: readonly Codec[]): Promise<Codec[]> {
  detailCodecs ??= codecsForDetail(ranked, () => performance.now());
  return detailCodecs;
}

/** Ids of volunteers' streams. Unique on this page, hence on every link. */
let nextStreamId = 0;

interface OpenedStream {
  canvas: HTMLCanvasElement;
  settings: StreamSettings;
  /** Delivers {@link StreamEvent}s. */
  eventPort: MessagePort;
  remote: Comlink.Remote<GamerStream>;
  stats: StreamStats;
  stopSource(): void;
}

/** The page's end of a stream: negotiates with volunteers and keeps the newest figures. */
class PageFrameStream implements FrameStream {
  readonly canvas: HTMLCanvasElement;
  readonly #deps: StreamDeps;
  readonly #remote: Comlink.Remote<GamerStream>;
  readonly #eventPort: MessagePort;
  readonly #stopSource: () => void;
  #negotiator: StreamNegotiator | null = null;
  /** The best quality of volunteers that this machine can check; null: all, as far as it knows. */
  #checkableBest: Quality | null = null;
  #stopWatchingLinks: () => void = () => {};
  #settings: StreamSettings;
  #size: StreamSize | null = null;
  #stats: StreamStats;
  #before: HTMLCanvasElement | null = null;
  /** Settles when no pair is being made. */
  #pairs: Promise<unknown> = Promise.resolve();
  #track: MediaStreamTrack | null = null;
  #closing: Promise<void> | null = null;

  constructor(deps: StreamDeps, { canvas, settings, eventPort, remote, stats, stopSource }: OpenedStream) {
    this.canvas = canvas;
    this.#deps = deps;
    this.#settings = settings;
    this.#remote = remote;
    this.#stats = stats;
    this.#stopSource = stopSource;
    this.#eventPort = eventPort;
    eventPort.onmessage = ({ data }: MessageEvent<StreamEvent>) => this.#onEvent(data);
    void this.#startNegotiating();
  }

  get before(): HTMLCanvasElement {
    if (!this.#before) {
      this.#before = document.createElement('canvas');
      const offscreen = this.#before.transferControlToOffscreen();
      if (!this.#closing) void this.#remote.showBefore(Comlink.transfer(offscreen, [offscreen]));
    }
    return this.#before;
  }

  async pair(): Promise<FramePair | null> {
    if (this.#closing) throw MeshError.closed('The stream');
    if (!this.#before) void this.before;
    const pair = this.#remote.pair();
    this.#pairs = Promise.allSettled([this.#pairs, pair]);
    return pair;
  }

  get track(): MediaStreamTrack {
    this.#track ??= this.canvas.captureStream().getVideoTracks()[0] ?? null;
    if (!this.#track) throw lacking('canvasCapture');
    return this.#track;
  }

  stats(): StreamStats {
    const error = this.#negotiator?.lastError;
    const isTold = error && this.#stats.codec === '' && this.#settings.where !== 'local';
    if (!isTold) return this.#stats;
    const dropped = { kind: 'volunteer-dropped', text: `The last volunteer was dropped: ${error.message}` } as const;
    const reasons = [...this.#stats.reasons, dropped];
    return { ...this.#stats, reasons, why: toWhy(reasons) };
  }

  set(options: StreamChanges): void {
    const changes = checkStreamChanges(options);
    if (this.#closing) throw MeshError.closed('The stream');
    this.#settings = { ...this.#settings, ...changes };
    void this.#remote.set(changes);
    this.#negotiate();
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.#stopWatchingLinks();
    this.#negotiator?.releaseAll();
    this.#track?.stop();
    this.#stopSource();
    this.#eventPort.close();
    this.#deps.onClosed(this);
    await this.#remote.close();
    // Their answers come through the proxy.
    await this.#pairs;
    this.#remote[Comlink.releaseProxy]();
  }

  /** The picture does not wait for this: frames are upscaled locally until codecs are ranked and volunteers are set up. */
  async #startNegotiating(): Promise<void> {
    const ranked = await rankedCodecs();
    const codecs = this.#settings.transport === 'detail' ? await testedForDetail(ranked) : ranked;
    if (this.#closing) return;
    const { links, trust, now, onLinksChanged } = this.#deps;
    const negotiator = new StreamNegotiator({
      links,
      trust,
      now,
      codecs,
      nextStreamId: () => nextStreamId++,
      addRoute: (ready) => this.#remote.addVolunteer(ready),
      removeRoute: (streamId) => void this.#remote.removeVolunteer(streamId),
    });
    this.#negotiator = negotiator;
    this.#stopWatchingLinks = onLinksChanged(() => negotiator.refresh());
    this.#negotiate();
  }

  /** Volunteers are asked for no more than this machine can check. */
  #negotiate(): void {
    if (!this.#size) return;
    const quality = lesserOf(bestOf(this.#settings.quality), this.#checkableBest);
    this.#negotiator?.request(this.#size, { ...this.#settings, quality });
  }

  #onEvent(event: StreamEvent): void {
    if (this.#closing) return;
    if (event.kind === 'stats') {
      this.#stats = event.stats;
      this.#negotiator?.refresh();
    } else if (event.kind === 'size') {
      this.#size = event.size;
      this.#negotiate();
    } else if (event.kind === 'limited') {
      this.#checkableBest = event.best;
      this.#negotiate();
    } else if (event.kind === 'volunteer-failed') {
      this.#negotiator?.routeFailed(event.streamId, MeshError.from(event.error));
    } else {
      this.#size = null;
      this.#negotiator?.releaseAll();
    }
  }
}

function cannotHandOver(cause: unknown): MeshError {
  const detail = cause instanceof Error ? cause.message : String(cause);
  return lacking('transferredFrames', `It says: ${detail}`, { cause });
}

/** What live streams need. */
const NEEDS: { need: BrowserNeed; isThere(): boolean }[] = [
  {
    need: 'webCodecs',
    isThere: () => [typeof VideoEncoder, typeof VideoDecoder, typeof VideoFrame].every((type) => type === 'function'),
  },
  {
    need: 'offscreenCanvas',
    isThere: () =>
      typeof OffscreenCanvas === 'function' &&
      typeof HTMLCanvasElement.prototype.transferControlToOffscreen === 'function',
  },
];

/** Throws MeshError `unsupported-browser`, which names what is lacking. */
function checkSupport(): void {
  const lacks = NEEDS.filter(({ isThere }) => !isThere()).map(({ need }) => need);
  if (lacks.length === 0) return;
  throw new MeshError(
    'unsupported-browser',
    isSecureContext
      ? `Live streams need more than this browser has. ${lackOf(...lacks)} Tasks work without.`
      : 'This page was opened over http://, where browsers offer no WebCodecs. Open it over https://, or on localhost.',
  );
}
