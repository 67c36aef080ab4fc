import { CHANNELS } from '../../shared/channels.ts';
import { Reassembler, splitTransfer } from '../../shared/chunks.ts';
import { type TaskMessage, taskMessageSchema } from '../../shared/messages.ts';
import { seededRandom } from '../../shared/seeded-random.ts';
import { echo } from '../../shared/tasks/echo.ts';
import { upscale } from '../../shared/tasks/upscale.ts';
import { decodeTransfer, encodeTransfer, type MessageWithAttachments, withoutAttachments } from '../../shared/wire.ts';
import { z } from '../../shared/zod.ts';
import type { Section } from '../context.ts';
import { mapValues, mediansInTurn, ratePerS, sum } from '../measuring.ts';
import { figure } from '../report.ts';

const LOAD = { window: 1, durationMs: 120 };
const ROUNDS = 5;
const CHUNK_BYTES = CHANNELS.tasks.chunkBytes;

export const wire: Section = {
  name: 'wire',
  about: 'the binary envelope beside JSON with base64, for the same messages: bytes and time',
  async run() {
    const rows = [];
    for (const { mix, items } of mixes()) {
      const formats = { binary: binaryFormat(), json: jsonFormat() };
      // Encoding, decoding and validating once.
      const timed =
        ({ encode, decode }: Format) =>
        async () =>
          1e6 / (await ratePerS(LOAD, async () => decode(encode(items))));
      const us = await mediansInTurn({ binary: timed(formats.binary), json: timed(formats.json) }, ROUNDS);
      const bytes = mapValues(formats, ({ encode }) => sum(encode(items).map(({ byteLength }) => byteLength)));
      rows.push(
        figure(`${mix}: bytes, JSON / binary`, bytes.json / bytes.binary, 'x', {
          above: 1,
          note: `${bytes.json} and ${bytes.binary} B`,
        }),
        figure(`${mix}: time, JSON / binary`, us.json / us.binary, 'x', {
          above: 1,
          note: `${us.json.toFixed(1)} and ${us.binary.toFixed(1)} us`,
        }),
      );
    }
    return rows;
  },
};

interface Format {
  encode(items: readonly MessageWithAttachments<TaskMessage>[]): Uint8Array[];
  decode(packets: readonly Uint8Array[]): MessageWithAttachments<TaskMessage>[];
}

/** As messages travel between pages: MessagePack and raw bytes in chunks. */
function binaryFormat(): Format {
  const reassembler = new Reassembler({ chunkBytes: CHUNK_BYTES });
  let transferId = 0;
  return {
    encode: (items) => [...splitTransfer(transferId++, encodeTransfer(items), CHUNK_BYTES)],
    decode(packets) {
      for (const packet of packets) {
        const transfer = reassembler.push(packet, 0);
        if (transfer) return decodeTransfer(transfer, taskMessageSchema);
      }
      throw new Error('The chunks do not make up a transfer.');
    },
  };
}

/** The same messages as JSON with base64, by Node's own fast encoder, in one piece. */
function jsonFormat(): Format {
  const items = z.array(z.tuple([taskMessageSchema, z.array(z.string())])).min(1);
  const text = new TextDecoder();
  return {
    encode(carried) {
      const plain = carried.map(({ message, attachments }) => [message, attachments.map(toBase64)]);
      return [Buffer.from(JSON.stringify(plain))];
    },
    decode: ([packet]) =>
      items.parse(JSON.parse(text.decode(packet))).map(([message, attachments]) => ({
        message,
        attachments: attachments.map((base64) => Buffer.from(base64, 'base64')),
      })),
  };
}

function toBase64({ buffer, byteOffset, byteLength }: Uint8Array): string {
  return Buffer.from(buffer, byteOffset, byteLength).toString('base64');
}

function* mixes() {
  const echoes = Array.from({ length: 16 }, (_, id) => {
    const { params, attachments } = echo.pack({ bytes: noise(1_024, id) });
    return { message: { kind: 'task', id, type: 'echo', params } as const, attachments };
  });
  const picture = upscale.pack({ image: { width: 64, height: 36, data: noise(64 * 36 * 4, 99) } });
  const task = {
    message: { kind: 'task', id: 7, type: 'upscale', params: picture.params } as const,
    attachments: picture.attachments,
  };
  const answer = { kind: 'result', id: 7, value: null, backend: 'wgsl', queueMs: 0.4, computeMs: 1.7 } as const;
  const result = { message: answer, attachments: [noise(128 * 72 * 4, 100)] };
  yield { mix: 'a batch of 16 echoes of 1 kB', items: echoes };
  yield { mix: 'an upscale task of 64x36', items: [task] };
  yield { mix: 'its result', items: [result] };
  yield { mix: 'a credit', items: [withoutAttachments({ kind: 'credit', serial: 7, window: 32 } as const)] };
}

/** Bytes without a pattern, the same in every run. */
function noise(sizeBytes: number, seed: number): Uint8Array {
  const random = seededRandom(seed);
  return Uint8Array.from({ length: sizeBytes }, () => 256 * random());
}
