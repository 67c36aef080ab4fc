import { afterEach, describe, expect, test, vi } from 'vitest';
import { CHANNELS } from '../../shared/channels.ts';
import { CHUNK_HEADER_BYTES } from '../../shared/chunks.ts';
import { type TaskMessage, taskMessageSchema } from '../../shared/messages.ts';
import type { MessageWithAttachments } from '../../shared/wire.ts';
import { FlowChannel } from './flow-channel.ts';
import { type EchoWorkerEvent, echoOn } from './test-echo.ts';
import { type CreateChannel, linkPair } from './test-links.ts';
import { type ChannelPort, makeTransferable } from './transferable-channel.ts';

// A `tasks` channel over real WebRTC: one end on this page, the other on this page, in a worker, or behind a forwarder.

/** Several times what waits in the browser's queue. */
const LARGE_BYTES = 3 * 1024 * 1024;

const endings: (() => void)[] = [];
afterEach(() => {
  for (const end of endings.splice(0).reverse()) end();
});

const happened = (what: () => void) => vi.waitFor(what, { timeout: 60_000, interval: 10 });

/** Bytes that differ between ids and between positions. */
function patterned(id: number, sizeBytes: number): Uint8Array {
  const words = new Uint32Array(Math.ceil(sizeBytes / 4));
  for (let index = 0; index < words.length; index++) words[index] = Math.imul(index + 1, 2_654_435_761) ^ id;
  return new Uint8Array(words.buffer, 0, sizeBytes);
}

function isSame(a: Uint8Array | undefined, b: Uint8Array): boolean {
  return a?.byteLength === b.byteLength && a.every((byte, index) => byte === b[index]);
}

/** The gamer's end, on this page, and its link. */
function open(attachVolunteer: (createChannel: CreateChannel) => () => void) {
  const answers: MessageWithAttachments<TaskMessage>[] = [];
  const closings: (string | null)[] = [];
  const channels: FlowChannel<TaskMessage>[] = [];
  const attachGamer = (createChannel: CreateChannel) => {
    const handlers = {
      onMessage: (item: MessageWithAttachments<TaskMessage>) => answers.push(item),
      onClose: (error: { reason: string } | null) => closings.push(error?.reason ?? null),
    };
    const port: ChannelPort = createChannel('tasks');
    const channel = new FlowChannel(port, CHANNELS.tasks, taskMessageSchema, handlers, () => performance.now());
    channels.push(channel);
    return () => channel.close();
  };
  const links = linkPair({ attach: attachGamer }, { attach: attachVolunteer });
  endings.push(() => {
    for (const { link } of [links.gamer, links.volunteer]) link.close(null);
  });
  const send = (id: number, bytes: Uint8Array) => {
    const message: TaskMessage = { kind: 'task', id, type: 'echo', params: { sizeBytes: bytes.byteLength } };
    channels.at(-1)?.send({ message, attachments: [bytes] });
  };
  const ids = () => answers.map(({ message }) => ('id' in message ? message.id : -1));
  return { ...links, answers, closings, send, ids };
}

async function echoWorker() {
  const worker = new Worker(new URL('./test-echo.ts', import.meta.url), { type: 'module' });
  endings.push(() => worker.terminate());
  const events: EchoWorkerEvent[] = [];
  worker.onmessage = ({ data }: MessageEvent<EchoWorkerEvent>) => events.push(data);
  await happened(() => expect(events).toEqual(['ready']));
  return { worker, events };
}

/** Records the largest `bufferedAmount` of a channel on this page after each send. */
function watchQueue(channel: RTCDataChannel, watched: { highestBytes: number; sends: number }): RTCDataChannel {
  const send = channel.send.bind(channel);
  channel.send = (data: unknown) => {
    send(data as ArrayBuffer);
    watched.sends++;
    watched.highestBytes = Math.max(watched.highestBytes, channel.bufferedAmount);
  };
  return channel;
}

const PLACES = {
  'on the page': async () => (createChannel: CreateChannel) => {
    const channel = echoOn(createChannel('tasks'), () => {});
    return () => channel.close();
  },
  'in a worker': async () => {
    const { worker } = await echoWorker();
    return (createChannel: CreateChannel) => {
      const moved = makeTransferable(createChannel('tasks'), true);
      worker.postMessage(moved, [moved]);
      return () => {};
    };
  },
  'behind a forwarder': async () => {
    const { worker } = await echoWorker();
    return (createChannel: CreateChannel) => {
      const moved = makeTransferable(createChannel('tasks'), false);
      worker.postMessage(moved, [moved]);
      return () => {};
    };
  },
};

describe.each(Object.keys(PLACES) as (keyof typeof PLACES)[])('the other end %s', (place) => {
  test('echoes 3 MB unchanged, and a small task overtakes them', async () => {
    const { send, answers, ids } = open(await PLACES[place]());
    const large = patterned(1, LARGE_BYTES);
    const small = patterned(2, 1_000);
    send(1, large);
    send(2, small);
    await happened(() => expect(answers).toHaveLength(2));
    expect(ids()).toEqual([2, 1]);
    expect(answers.map(({ attachments: [bytes] }, index) => isSame(bytes, index === 0 ? small : large))).toEqual([
      true,
      true,
    ]);
  });

  test('echoes hundreds of small tasks, each with its own bytes', async () => {
    const { send, answers, ids } = open(await PLACES[place]());
    const inputs = Array.from({ length: 300 }, (_, id) => patterned(id, id * 11));
    for (const [id, bytes] of inputs.entries()) send(id, bytes);
    await happened(() => expect(answers).toHaveLength(inputs.length));
    expect(ids().toSorted((a, b) => a - b)).toEqual([...inputs.keys()]);
    for (const { message, attachments } of answers) {
      const id = 'id' in message ? message.id : -1;
      expect(isSame(attachments[0], patterned(id, id * 11))).toBe(true);
    }
  });
});

test.each([true, false])('a worker is notified when the link closes (channel transferred: %s)', async (canTransfer) => {
  const { worker, events } = await echoWorker();
  const { gamer, send, answers, closings } = open((createChannel) => {
    const moved = makeTransferable(createChannel('tasks'), canTransfer);
    worker.postMessage(moved, [moved]);
    return () => {};
  });
  send(1, patterned(1, 100));
  await happened(() => expect(answers).toHaveLength(1));
  gamer.link.close(null);
  await happened(() =>
    expect(events.at(-1)).toMatchObject({
      closed: expect.toSatisfy((why) => why === null || why === 'connection-failed'),
    }),
  );
  expect(closings).toEqual([null]);
});

test('malformed data ends the channel in the worker, and the worker survives', async () => {
  for (const canTransfer of [true, false]) {
    const { worker, events } = await echoWorker();
    const { gamer, send, answers, closings } = open((createChannel) => {
      const moved = makeTransferable(createChannel('tasks'), canTransfer);
      worker.postMessage(moved, [moved]);
      return () => {};
    });
    send(1, patterned(1, 100));
    await happened(() => expect(answers).toHaveLength(1));
    gamer.connections[0]?.channels.get('tasks')?.send(new Uint8Array(100).fill(0xc1));
    await happened(() => expect(events.at(-1)).toEqual({ closed: 'malformed' }));
    await happened(() => expect(closings).toEqual([null]));
  }
});

test('behind a forwarder, the browser’s queue stays within its limit', async () => {
  const { worker } = await echoWorker();
  const queue = { highestBytes: 0, sends: 0 };
  const { send, answers } = open((createChannel) => {
    const moved = makeTransferable(watchQueue(createChannel('tasks'), queue), false);
    worker.postMessage(moved, [moved]);
    return () => {};
  });
  send(1, patterned(1, LARGE_BYTES));
  await happened(() => expect(answers).toHaveLength(1));
  const { highWaterBytes, chunkBytes } = CHANNELS.tasks;
  expect(queue.sends).toBeGreaterThan(LARGE_BYTES / chunkBytes);
  expect(queue.highestBytes).toBeGreaterThan(0);
  expect(queue.highestBytes).toBeLessThanOrEqual(highWaterBytes + chunkBytes + CHUNK_HEADER_BYTES);
});
