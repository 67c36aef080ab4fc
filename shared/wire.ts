import type { ZodType } from 'zod';
import { MeshError } from './errors.ts';
import { packMessages, unpackMessages } from './message-pack.ts';
import { TRANSFER } from './protocol-limits.ts';

/**
 * The format of a transfer on the wire:
 *
 *     u32, little endian: length of the envelope in bytes | envelope | attachments, one after another
 *
 * The envelope is MessagePack: an array of [message, sizes of its attachments in bytes].
 */

/** A message with the raw bytes that belong to it. */
export interface MessageWithAttachments<Message> {
  message: Message;
  attachments: Uint8Array[];
}

/** Size of the envelope's length field. */
const LENGTH_BYTES = 4;

/** A message on its own, in the form in which messages are sent. */
export function withoutAttachments<Message>(message: Message): MessageWithAttachments<Message> {
  return { message, attachments: [] };
}

/** Encodes messages as one transfer. Returns consecutive byte ranges; attachments are not copied. */
export function encodeTransfer(items: readonly MessageWithAttachments<unknown>[]): Uint8Array[] {
  const envelope = packMessages(
    items.map(({ message, attachments }) => [message, attachments.map((a) => a.byteLength)]),
  );
  const head = new Uint8Array(LENGTH_BYTES + envelope.byteLength);
  new DataView(head.buffer).setUint32(0, envelope.byteLength, true);
  head.set(envelope, LENGTH_BYTES);
  return [head, ...items.flatMap(({ attachments }) => attachments)];
}

/**
 * Decodes and validates a complete transfer. The attachments of a message that travelled alone are views of `bytes`. Messages that
 * shared a transfer, or that have an envelope larger than their attachments, get copies: keeping an attachment keeps nothing else in memory
 * that nobody counts, and it can be transferred to a worker without the others. Throws MeshError `malformed` or `too-large`.
 */
export function decodeTransfer<Message>(
  bytes: Uint8Array,
  schema: ZodType<Message>,
): MessageWithAttachments<Message>[] {
  const envelope = readEnvelope(bytes);
  let offset = LENGTH_BYTES + envelope.sizeBytes;
  const isCopied = envelope.entries.length > 1 || bytes.byteLength < 2 * offset;
  const items = envelope.entries.map((entry) => {
    const { message, sizes } = readEntry(entry);
    const parsed = schema.safeParse(message);
    if (!parsed.success) throw MeshError.malformed('A message of unknown kind or shape arrived.');
    const attachments = sizes.map((sizeBytes) => {
      const attachment = bytes.subarray(offset, offset + sizeBytes);
      if (attachment.byteLength !== sizeBytes)
        throw MeshError.malformed('A transfer is shorter than its envelope declares.');
      offset += sizeBytes;
      return isCopied ? attachment.slice() : attachment;
    });
    return { message: parsed.data, attachments };
  });
  if (offset !== bytes.byteLength) throw MeshError.malformed('A transfer is longer than its envelope declares.');
  return items;
}

function readEnvelope(bytes: Uint8Array): { entries: unknown[]; sizeBytes: number } {
  if (bytes.byteLength < LENGTH_BYTES) throw MeshError.malformed('A transfer is shorter than its header.');
  const sizeBytes = new DataView(bytes.buffer, bytes.byteOffset, LENGTH_BYTES).getUint32(0, true);
  if (sizeBytes > TRANSFER.maxEnvelopeBytes)
    throw MeshError.tooLarge('An envelope', sizeBytes, TRANSFER.maxEnvelopeBytes);
  if (LENGTH_BYTES + sizeBytes > bytes.byteLength) throw MeshError.malformed('An envelope is cut off.');
  const entries = unpackMessages(bytes.subarray(LENGTH_BYTES, LENGTH_BYTES + sizeBytes));
  if (!Array.isArray(entries) || entries.length === 0 || entries.length > TRANSFER.maxMessagesPerEnvelope) {
    throw MeshError.malformed('An envelope is not a list of messages.');
  }
  return { entries, sizeBytes };
}

function readEntry(entry: unknown): { message: unknown; sizes: number[] } {
  const [message, sizes] = Array.isArray(entry) ? entry : [];
  const isValid =
    Array.isArray(sizes) &&
    sizes.length <= TRANSFER.maxAttachments &&
    sizes.every((size) => Number.isInteger(size) && size >= 0 && size <= TRANSFER.maxTransferBytes);
  if (!isValid) throw MeshError.malformed('An envelope lists invalid attachment sizes.');
  return { message, sizes };
}
