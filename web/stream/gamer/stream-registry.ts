import type { Clock } from '../../../shared/clock.ts';
import { MeshError, type WireError } from '../../../shared/errors.ts';
import { adoptChannel, type TransferableChannel } from '../../net/transferable-channel.ts';
import type { StreamSettings } from '../settings.ts';
import { VideoChannel } from '../transport/video-channel.ts';
import type { FrameEngine } from '../upscale/frame-engine.ts';
import { GamerStream } from './gamer-stream.ts';
import type { StreamEvent } from './stream-events.ts';
import type { StreamStats } from './stream-statistics.ts';
import type { ReadyVolunteer } from './volunteer-route.ts';

/** What a page hands over to open a stream; everything but `settings` is transferred. */
export interface StreamOpening {
  frames: ReadableStream<VideoFrame>;
  /** What a source that stands still shows now. */
  first: VideoFrame | null;
  canvas: OffscreenCanvas;
  settings: StreamSettings;
  /** Gets {@link StreamEvent}s until the stream is closed. */
  events: MessagePort;
}

/** All streams of a gamer's worker, and its end of every link's video channel. */
export class StreamRegistry {
  readonly #engine: () => Promise<FrameEngine>;
  readonly #clock: Clock;
  readonly #random: () => number;
  /** By the page's own number. */
  readonly #streams = new Map<number, { stream: GamerStream; events: MessagePort }>();
  readonly #channels = new Map<string, VideoChannel>();

  constructor(engine: () => Promise<FrameEngine>, clock: Clock, random: () => number) {
    this.#engine = engine;
    this.#clock = clock;
    this.#random = random;
  }

  /**
   * Takes a link's video channel; to be called in the handler of the message that brought it. Resolves when the channel has
   * closed: to null, or to what was wrong with what arrived, and then the link must end.
   */
  attachVideo(linkId: string, moved: TransferableChannel): Promise<WireError | null> {
    this.detachVideo(linkId);
    return new Promise((resolve) => {
      const channel = new VideoChannel(
        adoptChannel(moved),
        () => this.#clock.now(),
        (error) => {
          if (this.#channels.get(linkId) === channel) this.#channels.delete(linkId);
          const lost = error ?? new MeshError('connection-failed', 'The connection to the volunteer closed.');
          for (const { stream } of this.#streams.values()) stream.volunteerLost(linkId, lost);
          resolve(error?.toWire() ?? null);
        },
      );
      this.#channels.set(linkId, channel);
    });
  }

  detachVideo(linkId: string): void {
    this.#channels.get(linkId)?.close();
  }

  /** Throws MeshError `unsupported-browser`. */
  open(key: number, { frames, first, canvas, settings, events }: StreamOpening): StreamStats {
    const tell = (event: StreamEvent) => events.postMessage(event);
    try {
      const stream = new GamerStream({
        frames,
        first,
        canvas,
        settings,
        engine: this.#engine,
        clock: this.#clock,
        random: this.#random,
        handlers: {
          onSize: (size) => tell({ kind: 'size', size }),
          onVolunteerFailed: (streamId, error) => tell({ kind: 'volunteer-failed', streamId, error: error.toWire() }),
          onStats: (stats) => tell({ kind: 'stats', stats }),
          onEnded: (error) => tell({ kind: 'ended', error: error.toWire() }),
        },
      });
      this.#streams.set(key, { stream, events });
      return stream.stats();
    } catch (cause) {
      first?.close();
      events.close();
      throw cause;
    }
  }

  set(key: number, changes: Partial<StreamSettings>): void {
    this.#streams.get(key)?.stream.set(changes);
  }

  /** Throws MeshError `closed` when its video channel is gone, `unsupported-browser` if frames for it cannot be encoded. */
  useVolunteer(key: number, ready: ReadyVolunteer): void {
    const channel = this.#channels.get(ready.volunteerId);
    if (!channel) throw MeshError.closed('The video channel');
    this.#streams.get(key)?.stream.useVolunteer(ready, channel);
  }

  dropVolunteer(key: number, streamId: number): void {
    this.#streams.get(key)?.stream.dropVolunteer(streamId);
  }

  async close(key: number): Promise<void> {
    const open = this.#streams.get(key);
    this.#streams.delete(key);
    await open?.stream.close();
    open?.events.close();
  }
}
