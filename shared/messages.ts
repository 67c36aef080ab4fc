import { DETAIL_GAIN_LIMITS, MAX_DEAD_ZONE } from './detail.ts';
import { STREAM_LIMITS, TASK_LIMITS, TRANSFER } from './protocol-limits.ts';
import { roleSchema, wireErrorSchema } from './signaling.ts';
import { PROGRESS_STAGES } from './tasks/definition.ts';
import { answerTokenSchema, MAX_ANSWER_TOKENS } from './tasks/dialogue/answer-tokens.ts';
import { QUALITIES } from './tasks/upscale.ts';
import { z } from './zod.ts';

/** The messages on each channel of a link, in both directions. Each schema is a union over `kind`. */

const id32 = z.int().min(0).max(0xffffffff);
const durationMs = z.number().min(0).max(3_600_000);
const shortText = z.string().max(64);
/** Kinds of task of which a volunteer tells its speed: seven types and four networks, and room for those of later versions. */
const MAX_KINDS = 64;
const side = z.int().min(2).max(STREAM_LIMITS.maxSide);

/** Measured capabilities of a volunteer's machine. */
const capabilitiesSchema = z.strictObject({
  adapter: z.string().max(256),
  /** By kind of task (`kindOf` of its definition): the fastest backend that computed correctly, and its speed in units of the type's cost(). */
  backends: z
    .record(shortText, z.strictObject({ backend: shortText, unitsPerMs: z.number().min(0) }))
    .refine((byKind) => Object.keys(byKind).length <= MAX_KINDS),
  tasks: z.array(shortText).max(16),
  /** Codecs that the machine can decode and encode, best first. */
  codecs: z.array(shortText).max(8),
});
export type Capabilities = z.infer<typeof capabilitiesSchema>;

const streamIdField = { streamId: id32 };

/**
 * Settings of a stream, as its gamer requests them. Both sizes are even; `codec` is one of `web/stream/codec/codecs.ts`. A second setup
 * with the same id changes quality, fps and bitrates in place; another size or codec needs another stream.
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
  /** How detail is coded; null: pictures are wanted. The base is text, so that an unknown one is refused with a sentence. */
  detail: z
    .strictObject({
      base: shortText,
      gain: z.number().min(DETAIL_GAIN_LIMITS.min).max(DETAIL_GAIN_LIMITS.max),
      deadZone: z.number().min(0).max(MAX_DEAD_ZONE),
    })
    .nullable(),
});
export type StreamSetup = z.infer<typeof streamSetupSchema>;

export const helloSchema = z.strictObject({
  kind: z.literal('hello'),
  protocolVersion: z.int(),
  role: roleSchema,
  capabilities: capabilitiesSchema.nullable(),
});

export const controlMessageSchema = z.discriminatedUnion('kind', [
  helloSchema,
  /** Sent again after a lost GPU device, when the machine has been measured anew. */
  z.strictObject({ kind: z.literal('capabilities'), capabilities: capabilitiesSchema }),
  /** Gamer to volunteer: opens a stream, or changes an open one. */
  z.strictObject({ kind: z.literal('stream-setup'), setup: streamSetupSchema }),
  z.strictObject({ kind: z.literal('stream-ready'), ...streamIdField, backend: shortText }),
  z.strictObject({ kind: z.literal('stream-failed'), ...streamIdField, error: wireErrorSchema }),
  z.strictObject({ kind: z.literal('stream-close'), ...streamIdField }),
  /** The last message on a link that is closed on purpose; `error` is null if nothing went wrong. */
  z.strictObject({ kind: z.literal('bye'), error: wireErrorSchema.nullable() }),
]);
export type ControlMessage = z.infer<typeof controlMessageSchema>;

/** Place of an attachment among those of its task or result. */
const place = z
  .int()
  .min(0)
  .max(TRANSFER.maxAttachments - 1);

/** A call of a session, whose result the volunteer keeps for the next call. */
const taskSessionSchema = z.strictObject({
  /** Names the session on this link. */
  id: id32,
  /** Attachments that are not sent: in their place comes an output of the result that is kept. */
  kept: z.array(z.strictObject({ at: place, output: place })).max(TRANSFER.maxAttachments),
});
export type TaskSession = z.infer<typeof taskSessionSchema>;

export const taskMessageSchema = z.discriminatedUnion('kind', [
  /** Gamer to volunteer. Attachments: the task's, without those that the volunteer keeps. */
  z.strictObject({
    kind: z.literal('task'),
    id: id32,
    type: shortText,
    params: z.unknown(),
    session: taskSessionSchema.optional(),
  }),
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
  /** Volunteer to gamer, from time to time during a long task; `share` is 0..1 of the stage. */
  z.strictObject({
    kind: z.literal('progress'),
    id: id32,
    stage: z.enum(PROGRESS_STAGES),
    share: z.number().min(0).max(1),
  }),
  /** Volunteer to gamer: the next tokens of an answer; `at` is the number of the first. */
  z.strictObject({
    kind: z.literal('tokens'),
    id: id32,
    model: z.string().max(1_024),
    at: id32,
    tokens: z.array(answerTokenSchema).min(1).max(MAX_ANSWER_TOKENS),
  }),
  z.strictObject({ kind: z.literal('failed'), id: id32, error: wireErrorSchema }),
  /** Volunteer to gamer: the task was not run, because the volunteer paused or lost its GPU. Not a failure of the task. */
  z.strictObject({ kind: z.literal('returned'), id: id32 }),
  /** Volunteer to gamer: the task was not taken, because what it goes on from is not kept any more. It must be sent whole. */
  z.strictObject({ kind: z.literal('state-gone'), id: id32 }),
  /** Volunteer to gamer: how many tasks of this gamer it is willing to hold. The channel is unordered, so the newest `serial` counts. */
  z.strictObject({ kind: z.literal('credit'), serial: id32, window: z.int().min(0).max(TASK_LIMITS.maxHeld) }),
]);
export type TaskMessage = z.infer<typeof taskMessageSchema>;

export const heartbeatMessageSchema = z.discriminatedUnion('kind', [
  /** Gamer to volunteer, with the measured round trip; null before the first measurement. */
  z.strictObject({ kind: z.literal('ping'), serial: id32, rttMs: durationMs.nullable() }),
  /** Volunteer to gamer, unprompted, while it has work of this gamer: its worker is alive. */
  z.strictObject({ kind: z.literal('keepalive') }),
  /** Volunteer to gamer: the answer to a ping, with its load (0..1) and the number of tasks it holds. */
  z.strictObject({ kind: z.literal('pong'), serial: id32, load: z.number().min(0).max(1), held: z.int().min(0) }),
]);
export type HeartbeatMessage = z.infer<typeof heartbeatMessageSchema>;

/** Time a frame spent on the volunteer, ms. `totalMs` is from the arrival of its last chunk to passing the answer to the channel. */
const volunteerStagesSchema = z.strictObject({
  queueMs: durationMs,
  decodeMs: durationMs,
  computeMs: durationMs,
  encodeMs: durationMs,
  totalMs: durationMs,
});
export type VolunteerStages = z.infer<typeof volunteerStagesSchema>;

/** Colour space of a frame, for the decoder, since VP8 and VP9 bitstreams may not carry it. A name unknown to this version counts as null. */
export const colorSpaceSchema = z.strictObject({
  primaries: z.enum(['bt709', 'bt470bg', 'smpte170m', 'bt2020', 'smpte432']).nullable().catch(null),
  transfer: z.enum(['bt709', 'smpte170m', 'iec61966-2-1', 'linear', 'pq', 'hlg']).nullable().catch(null),
  matrix: z.enum(['rgb', 'bt709', 'bt470bg', 'smpte170m', 'bt2020-ncl']).nullable().catch(null),
  fullRange: z.boolean().nullable().catch(null),
});
export type ColorSpace = z.infer<typeof colorSpaceSchema>;

const frameFields = {
  ...streamIdField,
  /** Number of the source frame; frames that were not sent leave gaps. */
  frameId: id32,
  /** Counts the frames of one encoder without gaps: after a gap at the receiver, delta frames cannot be decoded. */
  sequence: id32,
  timestampUs: z.int(),
  keyframe: z.boolean(),
  /** For keyframes; null for delta frames. */
  color: colorSpaceSchema.nullable(),
};

/** Reasons for computing a frame at a lower quality than its stream's. */
export const LOWERED_CAUSES = ['getting-ready', 'too-slow', 'not-available'] as const;
export type LoweredCause = (typeof LOWERED_CAUSES)[number];

/** Reasons for which a volunteer dropped a frame. */
const VOLUNTEER_DROP_CAUSES = [
  'volunteer-busy',
  'downlink-full',
  'packet-lost',
  'decoder-busy',
  'undecodable',
  'encoder-skipped',
  'compute-failed',
  /** Too slow for any quality that gives detail. */
  'too-slow',
] as const;
export type VolunteerDropCause = (typeof VOLUNTEER_DROP_CAUSES)[number];

export const videoMessageSchema = z.discriminatedUnion('kind', [
  /** Gamer to volunteer: an encoded source frame, the only attachment. */
  z.strictObject({ kind: z.literal('frame'), ...frameFields }),
  /** Volunteer to gamer: the same frame, upscaled and encoded again, or its detail. */
  z.strictObject({
    kind: z.literal('answer'),
    ...frameFields,
    stages: volunteerStagesSchema,
    /** The quality it was computed with. */
    quality: z.enum(QUALITIES),
    /** The reason for a lower quality than the stream's; null if it is the stream's. */
    lowered: z.enum(LOWERED_CAUSES).nullable(),
    /** Downlink bitrate that the volunteer estimates to be possible now. */
    downlinkKbps: z.number().min(0).max(STREAM_LIMITS.maxBitrateKbps),
  }),
  /** Either direction: a frame arrived, with the time by the receiver's own clock. */
  z.strictObject({ kind: z.literal('ack'), ...streamIdField, frameId: id32, receivedMs: z.number().min(0) }),
  z.strictObject({ kind: z.literal('dropped'), ...streamIdField, frameId: id32, why: z.enum(VOLUNTEER_DROP_CAUSES) }),
  /** Either direction: the next frame must be a keyframe. */
  z.strictObject({ kind: z.literal('keyframe-request'), ...streamIdField }),
]);
export type VideoMessage = z.infer<typeof videoMessageSchema>;
