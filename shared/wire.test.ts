import { Packr } from 'msgpackr/index-no-eval';
import { describe, expect, test } from 'vitest';
import { TRANSFER } from './protocol-limits.ts';
import { decodeTransfer, encodeTransfer, type MessageWithAttachments, withoutAttachments } from './wire.ts';
import { z } from './zod.ts';

const schema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('note'), id: z.int(), text: z.string().optional(), any: z.unknown().optional() }),
  z.strictObject({ kind: z.literal('stop') }),
]);
type Message = z.infer<typeof schema>;

const packr = new Packr({ useRecords: false });
const joined = (parts: readonly Uint8Array[]) => Uint8Array.from(parts.flatMap((part) => [...part]));
const encoded = (items: readonly MessageWithAttachments<Message>[]) => joined(encodeTransfer(items));
const counted = (sizeBytes: number) => Uint8Array.from({ length: sizeBytes }, (_, index) => index % 251);

/** A well-formed transfer with any envelope. */
function enveloped(envelope: Uint8Array, attached: Uint8Array = new Uint8Array()): Uint8Array {
  const length = new Uint8Array(4);
  new DataView(length.buffer).setUint32(0, envelope.byteLength, true);
  return joined([length, envelope, attached]);
}
const packed = (value: unknown, attached?: Uint8Array) => enveloped(packr.pack(value), attached);

test('messages and their attachments arrive unchanged and in order', () => {
  const items: MessageWithAttachments<Message>[] = [
    withoutAttachments({ kind: 'stop' }),
    {
      message: { kind: 'note', id: 1, text: 'é漢🎮', any: { deep: [1, null, -2.5, true] } },
      attachments: [counted(300), counted(0)],
    },
    { message: { kind: 'note', id: 0xffffffff }, attachments: [counted(7)] },
  ];
  expect(decodeTransfer(encoded(items), schema)).toEqual(items);
});

test('a small attachment does not keep a large envelope in memory', () => {
  const large: MessageWithAttachments<Message> = {
    message: { kind: 'note', id: 1, text: 'x'.repeat(100_000) },
    attachments: [counted(50)],
  };
  const [item] = decodeTransfer(encoded([large]), schema);
  expect(item?.attachments[0]).toEqual(counted(50));
  expect(item?.attachments[0]?.buffer.byteLength).toBe(50);
});

test('attachments are copied neither by encoding nor by decoding', () => {
  const attachment = counted(50);
  const parts = encodeTransfer([{ message: { kind: 'stop' }, attachments: [attachment] }]);
  expect(parts[1]).toBe(attachment);
  const whole = joined(parts);
  const [item] = decodeTransfer(whole, schema);
  expect(item?.attachments[0]?.buffer).toBe(whole.buffer);
});

test('a transfer at an offset in a larger buffer is decoded', () => {
  const bytes = encoded([{ message: { kind: 'note', id: 5 }, attachments: [counted(9)] }]);
  const larger = joined([counted(13), bytes]);
  expect(decodeTransfer(larger.subarray(13), schema)).toEqual([
    { message: { kind: 'note', id: 5 }, attachments: [counted(9)] },
  ]);
});

describe('malformed', () => {
  const whole = encoded([{ message: { kind: 'note', id: 5 }, attachments: [counted(9)] }]);
  const stop = { kind: 'stop' };
  const nested = new Uint8Array(100_000).fill(0x91);
  test.each<[string, Uint8Array]>([
    ['nothing', new Uint8Array()],
    ['half a header', whole.subarray(0, 3)],
    ['a cut-off envelope', whole.subarray(0, 10)],
    ['a cut-off attachment', whole.subarray(0, whole.byteLength - 1)],
    ['bytes left over', joined([whole, counted(1)])],
    ['bytes that are not MessagePack', enveloped(Uint8Array.of(0xc1, 0xc1))],
    ['trailing bytes after MessagePack', enveloped(joined([packr.pack([[stop, []]]), counted(1)]))],
    ['an empty envelope', enveloped(new Uint8Array())],
    ['an array that claims four billion entries', enveloped(Uint8Array.of(0xdd, 0xff, 0xff, 0xff, 0xff))],
    ['a string that claims to exceed the envelope', enveloped(Uint8Array.of(0xdb, 0xff, 0xff, 0xff, 0xff))],
    ['very deep nesting', enveloped(nested)],
    ['text instead of a list', packed('text')],
    ['an object instead of a list', packed({ 0: [stop, []] })],
    ['an empty list', packed([])],
    ['more messages than an envelope holds', packed(Array(TRANSFER.maxMessagesPerEnvelope + 1).fill([stop, []]))],
    ['a message without attachment sizes', packed([stop])],
    ['sizes that are not a list', packed([[stop, 9]])],
    ['a negative size', packed([[stop, [-1]]])],
    ['a fractional size', packed([[stop, [0.5]]])],
    ['a size over every limit', packed([[stop, [2 ** 40]]])],
    ['more attachments than allowed', packed([[stop, Array(TRANSFER.maxAttachments + 1).fill(0)]])],
    ['missing attachments', packed([[stop, [1]]])],
    ['an unknown kind', packed([[{ kind: 'constructor' }, []]])],
    ['an unknown field', packed([[{ ...stop, extra: 1 }, []]])],
    ['a field of another type', packed([[{ kind: 'note', id: '1' }, []]])],
    ['null instead of a message', packed([[null, []]])],
  ])('%s', (_, bytes) => {
    expect(() => decodeTransfer(bytes, schema)).toThrow(
      expect.objectContaining({ name: 'MeshError', reason: 'malformed' }),
    );
  });

  test('an envelope over its size limit is too large, whatever it contains', () => {
    const header = new Uint8Array(4);
    new DataView(header.buffer).setUint32(0, TRANSFER.maxEnvelopeBytes + 1, true);
    expect(() => decodeTransfer(header, schema)).toThrow(expect.objectContaining({ reason: 'too-large' }));
  });

  test('decoding one transfer has no effect on the next', () => {
    // Record definitions (extension 'r'), which would give a later 0x45 another meaning.
    const definition = Uint8Array.of(0x92, 0xd4, 0x72, 0x45, 0x91, 0xa1, 0x61, 1, 0x45, 2);
    expect(() => decodeTransfer(enveloped(definition), schema)).toThrow();
    const items = [withoutAttachments<Message>({ kind: 'note', id: 0x45 })];
    expect(decodeTransfer(encoded(items), schema)).toEqual(items);
  });

  test('a key named __proto__ changes no prototype', () => {
    const hostile = JSON.parse('{"kind":"note","id":1,"any":{"__proto__":{"polluted":1}}}');
    const [item] = decodeTransfer(packed([[hostile, []]]), schema);
    expect(item?.message).not.toHaveProperty('any.polluted');
    expect({}).not.toHaveProperty('polluted');
  });
});
