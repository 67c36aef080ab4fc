import { STREAM_LIMITS, TASK_LIMITS } from './protocol-limits.ts';
import { roleSchema, wireErrorSchema } from './signaling.ts';
import { PROGRESS_STAGES } from './tasks/definition.ts';
import { QUALITIES } from './tasks/upscale.ts';
import { z } from './zod.ts';

/** What travels on each channel of a link, in both directions. Every message is a `kind` union. */

const id32 = z.int().min(0).max(0xffffffff);
const durationMs = z.number().min(0).max(3_600_000);
const shortText = z.string().max(64);
const side = z.int().min(2).max(STREAM_LIMITS.maxSide);

/** What a volunteer's machine can do, as it measured it. */
const capabilitiesSchema = z.strictObject({
  adapter: z.string().max(256),
  /** By kind of task (`kindOf` of its definition): the fastest backend that gave right answers, and its speed in units of the type's cost(). */
  backends: z.record(shortText, z.strictObject({ backend: shortText, unitsPerMs: z.number().min(0) })),
  tasks: z.array(shortText).max(16),
  /** Codecs it can decode and encode, best first. */
  codecs: z.array(shortText).max(8),
});
export type Capabilities = z.infer<typeof capabilitiesSchema>;

const streamIdField = { streamId: id32 };

/**
 * Shape of a stream as its gamer wants it; both sizes even, `codec` one of `web/stream/codec/codecs.ts`. Said again under the same id it
 * changes quality, fps and bitrates in place; another size or codec is another stream.
 */
const streamSetupSchema = z.strictObject({
  ...streamIdField,
  codec: shortText,
  width: side,
  height: side,
  outWidth: side,
  outHeight: side,
  quality: z.enum(QUALITIES),
  fps: z.number().min(1).max(STREAM_LIMITS.maxFps),
  uplinkKbps: z.number().min(STREAM_LIMITS.minBitrateKbps).max(STREAM_LIMITS.maxBitrateKbps),
  downlinkKbps: z.number().min(STREAM_LIMITS.minBitrateKbps).max(STREAM_LIMITS.maxBitrateKbps),
});
export type StreamSetup = z.infer<typeof streamSetupSchema>;

export const controlMessageSchema = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('hello'),
    protocolVersion: z.int(),
    role: roleSchema,
    capabilities: capabilitiesSchema.nullable(),
  }),
  /** Sent again when a device was lost and the machine measured itself anew. */
  z.strictObject({ kind: z.literal('capabilities'), capabilities: capabilitiesSchema }),
  /** Opens a stream, or changes an open one. */
  z.strictObject({ kind: z.literal('stream-setup'), setup: streamSetupSchema }),
  z.strictObject({ kind: z.literal('stream-ready'), ...streamIdField, backend: shortText }),
  z.strictObject({ kind: z.literal('stream-failed'), ...streamIdField, error: wireErrorSchema }),
  z.strictObject({ kind: z.literal('stream-close'), ...streamIdField }),
  /** The last message on a link that is closed on purpose; null when nothing went wrong. */
  z.strictObject({ kind: z.literal('bye'), error: wireErrorSchema.nullable() }),
]);
export type ControlMessage = z.infer<typeof controlMessageSchema>;

export const taskMessageSchema = z.discriminatedUnion('kind', [
  /** Gamer to volunteer. Attachments: the task's. */
  z.strictObject({ kind: z.literal('task'), id: id32, type: shortText, params: z.unknown() }),
  z.strictObject({ kind: z.literal('cancel'), id: id32 }),
  /** Volunteer to gamer. Attachments: the result's. */
  z.strictObject({
    kind: z.literal('result'),
    id: id32,
    value: z.unknown(),
    backend: shortText,
    queueMs: durationMs,
    computeMs: durationMs,
  }),
  /** Volunteer to gamer, now and then while a long task runs. */
  z.strictObject({
    kind: z.literal('progress'),
    id: id32,
    stage: z.enum(PROGRESS_STAGES),
    share: z.number().min(0).max(1),
  }),
  z.strictObject({ kind: z.literal('failed'), id: id32, error: wireErrorSchema }),
  /** Handed back unharmed: the volunteer paused or lost its GPU. Not a failure of the task. */
  z.strictObject({ kind: z.literal('returned'), id: id32 }),
  /** How many tasks of this gamer the volunteer is willing to hold. The channel has no order, so the newest `serial` counts. */
  z.strictObject({ kind: z.literal('credit'), serial: id32, window: z.int().min(0).max(TASK_LIMITS.maxHeld) }),
]);
export type TaskMessage = z.infer<typeof taskMessageSchema>;

export const heartbeatMessageSchema = z.discriminatedUnion('kind', [
  /** Gamer to volunteer, with the round trip it measured; null before. */
  z.strictObject({ kind: z.literal('ping'), serial: id32, rttMs: durationMs.nullable() }),
  /** Volunteer to gamer: the answer; and, unasked, that its worker lives while it has work of this gamer. */
  z.strictObject({ kind: z.literal('lease') }),
  z.strictObject({ kind: z.literal('pong'), serial: id32, load: z.number().min(0).max(1), held: z.int().min(0) }),
]);
export type HeartbeatMessage = z.infer<typeof heartbeatMessageSchema>;

/** Time a frame spent on the volunteer, ms. `totalMs` is from its last chunk's arrival to handing the answer to the channel. */
const volunteerStagesSchema = z.strictObject({
  queueMs: durationMs,
  decodeMs: durationMs,
  computeMs: durationMs,
  encodeMs: durationMs,
  totalMs: durationMs,
});
export type VolunteerStages = z.infer<typeof volunteerStagesSchema>;

/** What a decoder is told of a picture's colours, since VP8 and VP9 carry none. A name this version does not know counts as unsaid. */
export const colorSpaceSchema = z.strictObject({
  primaries: z.enum(['bt709', 'bt470bg', 'smpte170m', 'bt2020', 'smpte432']).nullable().catch(null),
  transfer: z.enum(['bt709', 'smpte170m', 'iec61966-2-1', 'linear', 'pq', 'hlg']).nullable().catch(null),
  matrix: z.enum(['rgb', 'bt709', 'bt470bg', 'smpte170m', 'bt2020-ncl']).nullable().catch(null),
  fullRange: z.boolean().nullable().catch(null),
});
export type ColorSpace = z.infer<typeof colorSpaceSchema>;

const frameFields = {
  ...streamIdField,
  /** The source frame's number; frames that were never sent leave gaps. */
  frameId: id32,
  /** Counts what one encoder made, without gaps: a gap at the receiver means that the deltas after it cannot be decoded. */
  sequence: id32,
  timestampUs: z.int(),
  keyframe: z.boolean(),
  /** With keyframes; null with deltas. */
  color: colorSpaceSchema.nullable(),
};

/** Why a picture was made in a lower quality than its stream's. */
export const LOWERED_CAUSES = ['getting-ready', 'too-slow', 'not-available'] as const;
export type LoweredCause = (typeof LOWERED_CAUSES)[number];

/** Why a volunteer gave no answer to a frame. */
const VOLUNTEER_DROP_CAUSES = [
  'volunteer-busy',
  'downlink-full',
  'packet-lost',
  'decoder-busy',
  'undecodable',
  'encoder-skipped',
  'compute-failed',
] as const;
export type VolunteerDropCause = (typeof VOLUNTEER_DROP_CAUSES)[number];

export const videoMessageSchema = z.discriminatedUnion('kind', [
  /** Gamer to volunteer: one encoded source frame, its only attachment. */
  z.strictObject({ kind: z.literal('frame'), ...frameFields }),
  /** Volunteer to gamer: the same frame, sharper. */
  z.strictObject({
    kind: z.literal('sharper'),
    ...frameFields,
    stages: volunteerStagesSchema,
    /** What it was made with; null as its cause: with what its stream wants. */
    quality: z.enum(QUALITIES),
    lowered: z.enum(LOWERED_CAUSES).nullable(),
    /** What the way back may take now, as the volunteer finds it. */
    downlinkKbps: z.number().min(0).max(STREAM_LIMITS.maxBitrateKbps),
  }),
  /** Either way, at a frame's arrival: when that was by the receiver's own clock. */
  z.strictObject({ kind: z.literal('ack'), ...streamIdField, frameId: id32, receivedMs: z.number().min(0) }),
  z.strictObject({ kind: z.literal('dropped'), ...streamIdField, frameId: id32, why: z.enum(VOLUNTEER_DROP_CAUSES) }),
  /** Either way: the next frame should stand by itself. */
  z.strictObject({ kind: z.literal('keyframe-request'), ...streamIdField }),
]);
export type VideoMessage = z.infer<typeof videoMessageSchema>;
