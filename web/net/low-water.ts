import type { Clock } from '../../shared/clock.ts';
import { LINK } from './tuning.ts';

/** What of a data channel is needed here. */
export type LowWaterChannel = Pick<
  RTCDataChannel,
  'bufferedAmount' | 'bufferedAmountLowThreshold' | 'readyState' | 'dispatchEvent'
> & { send(data: ArrayBuffer | ArrayBufferView): void };

/**
 * Makes a channel tell `bufferedamountlow` that does not by itself, as those of WebRTC for Node (@roamhq/wrtc 0.10) do not: looks at
 * its send queue while there is something in it. Returns the same channel.
 */
export function withLowWater<Channel extends LowWaterChannel>(channel: Channel, clock: Clock): Channel {
  const send = channel.send.bind(channel);
  let isWatched = false;
  const look = () => {
    isWatched = channel.readyState === 'open' && channel.bufferedAmount > channel.bufferedAmountLowThreshold;
    if (isWatched) clock.after(LINK.lowWaterPollMs, look);
    else if (channel.readyState === 'open') channel.dispatchEvent(new Event('bufferedamountlow'));
  };
  channel.send = (data: ArrayBuffer | ArrayBufferView) => {
    send(data);
    if (isWatched) return;
    isWatched = channel.bufferedAmount > channel.bufferedAmountLowThreshold;
    if (isWatched) clock.after(LINK.lowWaterPollMs, look);
  };
  return channel;
}
