import { expect, test } from 'vitest';
import { ManualClock } from '../../shared/test-manual-clock.ts';
import { BUFFER_POLL_MS, type LowWaterChannel, withLowWater } from './peer.ts';

/** A channel without the `bufferedamountlow` event, whose send queue the test empties. */
class MuteChannel extends EventTarget implements LowWaterChannel {
  bufferedAmount = 0;
  bufferedAmountLowThreshold = 10;
  readyState: RTCDataChannelState = 'open';

  send(data: ArrayBuffer | ArrayBufferView): void {
    this.bufferedAmount += data.byteLength;
  }
}

function muteChannel() {
  const clock = new ManualClock();
  const channel = withLowWater(new MuteChannel(), clock);
  let told = 0;
  channel.addEventListener('bufferedamountlow', () => told++);
  return { channel, look: () => clock.advance(BUFFER_POLL_MS), told: () => told };
}

test('the event fires once each time the queue falls to its threshold', () => {
  const { channel, look, told } = muteChannel();
  for (const times of [1, 2]) {
    channel.send(new Uint8Array(8));
    channel.send(new Uint8Array(8));
    look();
    expect(told()).toBe(times - 1);
    channel.bufferedAmount = 10;
    look();
    look();
    expect(told()).toBe(times);
    channel.bufferedAmount = 0;
  }
});

test('a queue below its threshold is not polled, and a closed channel fires no event', () => {
  const { channel, look, told } = muteChannel();
  channel.send(new Uint8Array(8));
  look();
  channel.send(new Uint8Array(8));
  channel.readyState = 'closed';
  channel.bufferedAmount = 0;
  look();
  expect(told()).toBe(0);
});
