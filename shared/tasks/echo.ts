import { MeshError } from '../errors.ts';
import { TRANSFER } from '../protocol-limits.ts';
import { z } from '../zod.ts';
import type { TaskDefinition } from './definition.ts';
import { noValue } from './packing.ts';

const FIRST_DEADLINE_MS = 500;

export interface EchoInput {
  bytes: Uint8Array;
}
export interface EchoParams {
  sizeBytes: number;
}
export interface EchoResult {
  bytes: Uint8Array;
}

/** Largest input, bytes: the envelope must fit into the same transfer. */
const MAX_ECHO_BYTES = TRANSFER.maxTransferBytes - 64 * 1024;

/** `echo` returns its bytes: the smallest task, for measuring the path to a volunteer. */
export const echo: TaskDefinition<EchoInput, EchoParams, EchoResult> = {
  type: 'echo',
  params: z.strictObject({ sizeBytes: z.int().min(0).max(MAX_ECHO_BYTES) }),
  value: noValue,
  cacheable: true,
  pack({ bytes }) {
    if (!(bytes instanceof Uint8Array)) throw MeshError.badInput('An echo task needs { bytes } as a Uint8Array.');
    if (bytes.byteLength > MAX_ECHO_BYTES)
      throw MeshError.tooLarge('The bytes to echo', bytes.byteLength, MAX_ECHO_BYTES);
    return { params: { sizeBytes: bytes.byteLength }, attachments: [bytes.slice()] };
  },
  checkAttachments({ sizeBytes }, attachments) {
    if (attachments.length !== 1 || attachments[0]?.byteLength !== sizeBytes) {
      throw MeshError.malformed('An echo task arrived without its bytes.');
    }
  },
  unpackResult({ params: { sizeBytes } }, { attachments }) {
    const bytes = attachments[0];
    if (attachments.length !== 1 || bytes?.byteLength !== sizeBytes) {
      throw MeshError.malformed('An echo came back with the wrong size.');
    }
    return { bytes };
  },
  firstDeadlineMs: () => FIRST_DEADLINE_MS,
  kindOf: () => 'echo',
  cost: ({ sizeBytes }) => sizeBytes,
  resultBytes: ({ sizeBytes }) => sizeBytes,
  *verify({ attachments: [sent] }, { bytes }) {
    if (bytes.some((byte, i) => byte !== sent?.[i]))
      throw MeshError.verifyFailed('An echo came back with other bytes.');
  },
};
