import { expect, test } from 'vitest';
import { ManualClock } from '../../shared/manual-clock.ts';
import { BUFFER_POLL_MS, type LowWaterChannel, withLowWater } from './peer.ts';

/** A send queue that the test empties, without the event that a browser's has. */
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

test('a queue that was above its threshold tells once that it is down to it, each time', () => {
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

test('a queue that stays low is not looked at, and one that closed tells nothing', () => {
  const { channel, look, told } = muteChannel();
  channel.send(new Uint8Array(8));
  look();
  channel.send(new Uint8Array(8));
  channel.readyState = 'closed';
  channel.bufferedAmount = 0;
  look();
  expect(told()).toBe(0);
});
