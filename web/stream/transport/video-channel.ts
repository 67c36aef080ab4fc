import { CHANNELS } from '../../../shared/channels.ts';
import type { MeshError } from '../../../shared/errors.ts';
import { type VideoMessage, videoMessageSchema } from '../../../shared/messages.ts';
import type { Carried } from '../../../shared/wire.ts';
import { FlowChannel } from '../../net/flow-channel.ts';
import type { ChannelPort } from '../../net/transferable-channel.ts';
import { STREAM } from '../tuning.ts';

export interface VideoListener {
  onMessage(item: Carried<VideoMessage>): void;
  /** Something of this channel will never be whole; it may have been this stream's. */
  onLost(): void;
}

/** A link's video channel, shared by its streams. Messages of streams nobody listens to are late ones of closed streams. */
export class VideoChannel {
  readonly #channel: FlowChannel<VideoMessage>;
  readonly #listeners = new Map<number, VideoListener>();

  /** @param onClosed - called once; `error` when what arrived was malformed or the link broke. */
  constructor(port: ChannelPort, now: () => number, onClosed: (error: MeshError | null) => void) {
    this.#channel = new FlowChannel(
      port,
      CHANNELS.video,
      videoMessageSchema,
      {
        onMessage: (item) => this.#listeners.get(item.message.streamId)?.onMessage(item),
        onLost: () => {
          for (const listener of [...this.#listeners.values()]) listener.onLost();
        },
        onClose: onClosed,
      },
      now,
    );
  }

  get queuedBytes(): number {
    return this.#channel.queuedBytes;
  }

  get stats(): { bytesIn: number; bytesOut: number } {
    return this.#channel.stats;
  }

  /** Returns what ends it. */
  listen(streamId: number, listener: VideoListener): () => void {
    this.#listeners.set(streamId, listener);
    return () => {
      if (this.#listeners.get(streamId) === listener) this.#listeners.delete(streamId);
    };
  }

  /** Would a frame of a stream at this bitrate be sent now? */
  hasRoom(kbps: number): boolean {
    return this.queuedBytes <= queueBoundBytes(kbps);
  }

  /** Sends a whole frame at once or not at all. */
  trySendFrame(message: VideoMessage, data: Uint8Array, kbps: number): boolean {
    return this.#channel.trySendNow({ message, attachments: [data] }, queueBoundBytes(kbps));
  }

  /** Acknowledgements and requests: every one can be done without, so a full queue drops it. */
  trySendNote(message: VideoMessage): boolean {
    return this.#channel.trySendNow({ message, attachments: [] }, STREAM.maxBufferedBytes);
  }

  close(): void {
    this.#listeners.clear();
    this.#channel.close();
  }
}

function queueBoundBytes(kbps: number): number {
  const boundBytes = (kbps / 8) * STREAM.maxQueuedMs;
  return Math.min(Math.max(boundBytes, STREAM.minBufferedBytes), STREAM.maxBufferedBytes);
}
