import { describe, expect, test } from 'vitest';
import type { ZodType } from 'zod';
import { controlMessageSchema, heartbeatMessageSchema, taskMessageSchema, videoMessageSchema } from './messages.ts';
import { STREAM_LIMITS, TASK_LIMITS } from './protocol-limits.ts';

const capabilities = {
  adapter: 'gpu',
  backends: { upscale: { backend: 'wgsl', unitsPerMs: 9 } },
  tasks: ['upscale'],
  codecs: ['vp8'],
};
const hello = { kind: 'hello', protocolVersion: 1, role: 'volunteer', capabilities };
const setup = {
  ...{ streamId: 1, codec: 'vp8', width: 640, height: 360, outWidth: 1280, outHeight: 720, quality: 'spatial' },
  ...{ fps: 60, uplinkKbps: 6_000, downlinkKbps: 15_000, detail: { base: 'bicubic', gain: 4, deadZone: 0.5 } },
};
const color = { primaries: 'bt709', transfer: 'bt709', matrix: 'bt709', fullRange: false };
const frame = { kind: 'frame', streamId: 1, frameId: 2, sequence: 2, timestampUs: -5, keyframe: true, color };
const result = { kind: 'result', id: 0, value: { any: 'thing' }, backend: 'js', queueMs: 0, computeMs: 1.5 };
const error = { reason: 'device-lost', message: 'Start again.' };

/** Expects `good` to pass unchanged, and each variation of it to be refused. */
function holds(schema: ZodType, good: object, variations: Record<string, unknown>[]) {
  expect(schema.parse(good)).toEqual(good);
  for (const variation of [...variations, { unheardOf: 1 }, { kind: 'unheard of' }]) {
    expect(schema.safeParse({ ...good, ...variation }).success, JSON.stringify(variation)).toBe(false);
  }
}

describe('control', () => {
  test('hello, with any protocol version', () => {
    holds(controlMessageSchema, hello, [
      { protocolVersion: '1' },
      { role: 'admin' },
      { name: 'n'.repeat(65) },
      { capabilities: undefined },
      { capabilities: { ...capabilities, adapter: 'a'.repeat(257) } },
      { capabilities: { ...capabilities, tasks: Array(17).fill('echo') } },
      { capabilities: { ...capabilities, backends: { upscale: { backend: 'wgsl', unitsPerMs: -1 } } } },
      { capabilities: { ...capabilities, backends: { upscale: { backend: 'wgsl', unitsPerMs: Number.NaN } } } },
    ]);
    holds(controlMessageSchema, { ...hello, role: 'gamer', capabilities: null, protocolVersion: 99 }, []);
  });

  test('stream setup within the limits of a volunteer', () => {
    const wrong = [
      ...[
        { width: 1 },
        { height: STREAM_LIMITS.maxSide + 1 },
        { outWidth: 0.5 },
        { fps: 0 },
        { fps: STREAM_LIMITS.maxFps + 1 },
      ],
      ...[{ uplinkKbps: 0 }, { downlinkKbps: 1e9 }, { quality: 'best' }, { streamId: -1 }, { codec: 'c'.repeat(65) }],
      ...[
        { base: 'b'.repeat(65) },
        { gain: 0.5 },
        { gain: 17 },
        { gain: Number.NaN },
        { deadZone: -1 },
        { more: 1 },
      ].map((field) => ({
        detail: { ...setup.detail, ...field },
      })),
    ];
    const variations = wrong.map((field) => ({ setup: { ...setup, ...field } }));
    holds(controlMessageSchema, { kind: 'stream-setup', setup }, variations);
  });

  test('bye, with a reason or none', () => {
    holds(controlMessageSchema, { kind: 'bye', error: null }, [{ error: undefined }]);
    holds(controlMessageSchema, { kind: 'bye', error }, [
      { error: { ...error, reason: 'because' } },
      { error: { ...error, message: 'm'.repeat(2_001) } },
      { error: 'text' },
    ]);
  });
});

test('tasks: ids fit 32 bits, durations and credits are bounded', () => {
  holds(taskMessageSchema, { kind: 'task', id: 0xffffffff, type: 'echo', params: { sizeBytes: 1 } }, [
    { id: 2 ** 32 },
    { id: -1 },
    { id: 1.5 },
    { type: 't'.repeat(65) },
    { type: 7 },
    { session: { id: 1 } },
    { session: { id: 1, kept: [{ at: 1_024, output: 0 }] } },
    { session: { id: 1, kept: [{ at: 0, output: -1 }] } },
  ]);
  const session = { id: 7, kept: [{ at: 1, output: 0 }] };
  holds(taskMessageSchema, { kind: 'task', id: 0, type: 'infer', params: {}, session }, [{ session: null }]);
  holds(taskMessageSchema, { kind: 'state-gone', id: 1 }, [{ id: -1 }]);
  holds(taskMessageSchema, result, [
    { queueMs: -1 },
    { computeMs: Number.NaN },
    { computeMs: Number.POSITIVE_INFINITY },
  ]);
  holds(taskMessageSchema, { kind: 'failed', id: 1, error }, [{ error: { reason: 'closed' } }]);
  holds(taskMessageSchema, { kind: 'credit', serial: 1, window: TASK_LIMITS.maxHeld }, [
    { window: TASK_LIMITS.maxHeld + 1 },
    { window: -1 },
    { serial: undefined },
  ]);
});

test('heartbeat: the load is 0..1, and the round trip is a duration', () => {
  holds(heartbeatMessageSchema, { kind: 'pong', serial: 3, load: 1, held: 0 }, [
    { load: 1.01 },
    { load: -1 },
    { held: -1 },
  ]);
  holds(heartbeatMessageSchema, { kind: 'keepalive' }, []);
  holds(heartbeatMessageSchema, { kind: 'ping', serial: 3, rttMs: 12.5 }, [
    { rttMs: -1 },
    { rttMs: Number.NaN },
    { rttMs: Number.POSITIVE_INFINITY },
    { rttMs: undefined },
  ]);
  holds(heartbeatMessageSchema, { kind: 'ping', serial: 3, rttMs: null }, []);
});

test('video: frames, drops and acknowledgements', () => {
  holds(videoMessageSchema, frame, [{ timestampUs: 0.5 }, { keyframe: 1 }, { sequence: -1 }, { color: undefined }]);
  holds(videoMessageSchema, { kind: 'dropped', streamId: 1, frameId: 2, why: 'volunteer-busy' }, [{ why: 'tired' }]);
  holds(videoMessageSchema, { kind: 'ack', streamId: 1, frameId: 2, receivedMs: 1.5 }, [{ receivedMs: -1 }]);
  const stages = { queueMs: 0, decodeMs: 1, computeMs: 2, encodeMs: 3, totalMs: 6 };
  const made = { quality: 'fast', lowered: 'too-slow', downlinkKbps: 900 };
  holds(videoMessageSchema, { ...frame, kind: 'answer', stages, ...made }, [
    { quality: 'best' },
    { quality: undefined },
    { lowered: 'tired' },
    { lowered: undefined },
    { downlinkKbps: -1 },
    { downlinkKbps: STREAM_LIMITS.maxBitrateKbps + 1 },
    { stages: { ...stages, computeMs: -1 } },
  ]);
  holds(videoMessageSchema, { ...frame, kind: 'answer', stages, ...made, quality: 'quality', lowered: null }, []);
});

test('an unknown colour space counts as null, and its frame is accepted', () => {
  const unknown = { ...frame, color: { ...color, primaries: 'film', matrix: 7 } };
  expect(videoMessageSchema.parse(unknown)).toMatchObject({ color: { ...color, primaries: null, matrix: null } });
});
