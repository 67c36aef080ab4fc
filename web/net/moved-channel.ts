import type { ChannelPort } from './channel-port.ts';
import { ForwardedPort, forwardChannel } from './forwarder.ts';

/** A data channel on its way to a worker: itself, or, where a browser cannot transfer one, a port to its forwarder. */
export type MovedChannel = RTCDataChannel | MessagePort;

/** Asked once: Chromium and Safari transfer data channels, Firefox does not. */
let canTransfer: boolean | undefined;

function canTransferChannels(): boolean {
  canTransfer ??= tryTransfer();
  return canTransfer;
}

function tryTransfer(): boolean {
  const connection = new RTCPeerConnection();
  const { port1, port2 } = new MessageChannel();
  try {
    const channel = connection.createDataChannel('probe');
    port1.postMessage(channel, [channel]);
    return true;
  } catch {
    // The question was whether it throws.
    return false;
  } finally {
    port1.close();
    port2.close();
    connection.close();
  }
}

/**
 * Readies a channel for `postMessage(moved, [moved])`. Must be called, and the message posted, in the same task that created the
 * channel: a browser refuses to transfer it later.
 */
export function moveChannel(channel: RTCDataChannel, canMove = canTransferChannels()): MovedChannel {
  if (canMove) return channel;
  const { port1, port2 } = new MessageChannel();
  forwardChannel(channel, port1);
  return port2;
}

/** The worker's end of {@link moveChannel}; call it in the message's own handler, before anything can arrive. */
export function adoptChannel(moved: MovedChannel): ChannelPort {
  return moved instanceof MessagePort ? new ForwardedPort(moved) : moved;
}
