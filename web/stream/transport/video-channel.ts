import { CHANNELS } from '../../../shared/channels.ts';
import type { MeshError } from '../../../shared/errors.ts';
import { type VideoMessage, videoMessageSchema } from '../../../shared/messages.ts';
import type { MessageWithAttachments } from '../../../shared/wire.ts';
import { FlowChannel } from '../../net/flow-channel.ts';
import type { ChannelPort } from '../../net/transferable-channel.ts';

/** Data that may wait in the channel before whole frames are dropped, as time at the stream's bitrate, ms (as in LiveKit). */
export const MAX_QUEUED_MS = 100;
/** Bounds of that in bytes: one frame always fits, and 100 ms of the largest bitrate must not pile up. */
const MIN_BUFFERED_BYTES = 8 * 1024;
const MAX_BUFFERED_BYTES = 256 * 1024;

export interface VideoListener {
  /** May throw a MeshError, which ends the link: the other side sent what no honest one sends. */
  onMessage(item: MessageWithAttachments<VideoMessage>): void;
  /** A message on this channel was lost; it may have belonged to this stream. */
  onLost(): void;
}

/** A link's video channel, shared by its streams. Messages for a stream without a listener are late ones of a closed stream and ignored. */
export class VideoChannel {
  readonly #channel: FlowChannel<VideoMessage>;
  readonly #listeners = new Map<number, VideoListener>();

  /** @param onClosed - called once, with an error if a message was malformed or hostile, or the link broke. */
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

  /** Returns a function that removes the listener. */
  listen(streamId: number, listener: VideoListener): () => void {
    this.#listeners.set(streamId, listener);
    return () => {
      if (this.#listeners.get(streamId) === listener) this.#listeners.delete(streamId);
    };
  }

  /** Whether a frame of a stream at this bitrate would be sent now. */
  hasCapacity(kbps: number): boolean {
    return this.queuedBytes <= queueBoundBytes(kbps);
  }

  /** Sends a whole frame at once, or returns false. */
  trySendFrame(message: VideoMessage, data: Uint8Array, kbps: number): boolean {
    return this.#channel.trySendNow({ message, attachments: [data] }, queueBoundBytes(kbps));
  }

  /** Sends an acknowledgement or request, or returns false: a stream tolerates the loss of any of them. */
  trySendNote(message: VideoMessage): boolean {
    return this.#channel.trySendNow({ message, attachments: [] }, MAX_BUFFERED_BYTES);
  }

  close(): void {
    this.#listeners.clear();
    this.#channel.close();
  }
}

function queueBoundBytes(kbps: number): number {
  const boundBytes = (kbps / 8) * MAX_QUEUED_MS;
  return Math.min(Math.max(boundBytes, MIN_BUFFERED_BYTES), MAX_BUFFERED_BYTES);
}
