import { expect, test } from 'vitest';
import { TestPort } from './test-channel.ts';
import { ForwardedPort, forwardChannel } from './transferable-channel.ts';

/** A channel of a page, its forwarded counterpart, and the events of that counterpart. */
function forwarded() {
  const channel = new TestPort();
  const { port1, port2 } = new MessageChannel();
  const pageClosed = new Promise((resolve) => port1.addEventListener('close', resolve));
  forwardChannel(channel, port1);
  const port = new ForwardedPort(port2);
  const told: string[] = [];
  for (const type of ['open', 'error', 'close'] as const) port.addEventListener(type, () => told.push(type));
  const opened = new Promise((resolve) => port.addEventListener('open', resolve));
  return { channel, port, told, opened, pageClosed };
}

test('a send refused by the channel is reported as an error and ends the channel, since its transfer has a gap', async () => {
  const { channel, port, told, opened, pageClosed } = forwarded();
  await opened;
  channel.fault = new Error('the send queue is full');
  port.send(new Uint8Array(10));
  await pageClosed;
  await expect.poll(() => told).toEqual(['open', 'error', 'close']);
  expect(channel.closeCalls).toBe(1);
});

test('the page closes its port when the channel had closed without an event', async () => {
  const { channel, port, opened, pageClosed } = forwarded();
  await opened;
  channel.readyState = 'closed';
  port.close();
  await pageClosed;
});
