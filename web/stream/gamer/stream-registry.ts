import * as Comlink from 'comlink';
import { MeshError, type WireError } from '../../../shared/errors.ts';
import { adoptChannel, type TransferableChannel } from '../../net/transferable-channel.ts';
import { VideoChannel } from '../transport/video-channel.ts';
import { DetailHistories } from '../verify/detail-history.ts';
import { GamerStream } from './gamer-stream.ts';
import { readsTracks } from './source/browser-frames.ts';
import { releaseFrames } from './source/moved-frames.ts';
import type { GamerStreamOptions, StreamOpening } from './stream-types.ts';

/** What every stream uses. */
export type StreamRegistryOptions = Pick<
  GamerStreamOptions,
  'engine' | 'upscaleTile' | 'openComposer' | 'clock' | 'random'
>;

/**
 * The open streams of one gamer's worker, and its end of every link's video channel. The page calls it through Comlink and gets a
 * proxy of each stream that it opens.
 */
export class StreamRegistry {
  readonly #options: StreamRegistryOptions;
  readonly #streams = new Set<GamerStream>();
  /** By link id, which is the volunteer's id. */
  readonly #channels = new Map<string, VideoChannel>();
  readonly #histories = new DetailHistories();

  constructor(options: StreamRegistryOptions) {
    this.#options = options;
  }

  /** Open streams. */
  get size(): number {
    return this.#streams.size;
  }

  /**
   * Takes ownership of a link's video channel. Must run in the handler of the message that brought the channel, as it does when called
   * through Comlink: a transferred channel starts to deliver when that handler returns.
   *
   * Resolves when the channel has closed: to null, or to the error in what arrived, in which case the link has to be ended.
   */
  attachVideo(linkId: string, moved: TransferableChannel): Promise<WireError | null> {
    this.detachVideo(linkId);
    return new Promise((resolve) => {
      const channel = new VideoChannel(
        adoptChannel(moved),
        () => this.#options.clock.now(),
        (error) => {
          if (this.#channels.get(linkId) === channel) this.#channels.delete(linkId);
          const lost = error ?? new MeshError('connection-failed', 'The connection to the volunteer closed.');
          for (const stream of this.#streams) stream.volunteerLost(linkId, lost);
          resolve(error?.toWire() ?? null);
        },
      );
      this.#channels.set(linkId, channel);
    });
  }

  detachVideo(linkId: string): void {
    this.#channels.get(linkId)?.close();
  }

  /** Whether this thread can read the frames of a track that is moved to it. */
  readsTracks(): boolean {
    return readsTracks();
  }

  /** Opens a stream, which the caller has to close. Throws MeshError `unsupported-browser`. */
  open(opening: StreamOpening): GamerStream & Comlink.ProxyMarked {
    try {
      const stream = new GamerStream({
        ...opening,
        ...this.#options,
        histories: this.#histories,
        videoChannelOf: (volunteerId) => this.#channelOf(volunteerId),
        onClosed: () => this.#streams.delete(stream),
      });
      this.#streams.add(stream);
      return Comlink.proxy(stream);
    } catch (cause) {
      releaseFrames(opening.frames);
      opening.first?.close();
      opening.events.close();
      throw cause;
    }
  }

  #channelOf(volunteerId: string): VideoChannel {
    const channel = this.#channels.get(volunteerId);
    if (!channel) throw MeshError.closed('The video channel');
    return channel;
  }
}
