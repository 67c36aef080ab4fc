import type { ZodType } from 'zod';
import { concatBytes } from '../../shared/bytes.ts';
import { CHANNELS, type ChannelName } from '../../shared/channels.ts';
import { splitTransfer } from '../../shared/chunks.ts';
import { MAX_WIRE_MESSAGE_CHARS, MeshError } from '../../shared/errors.ts';
import {
  controlMessageSchema,
  heartbeatMessageSchema,
  taskMessageSchema,
  videoMessageSchema,
} from '../../shared/messages.ts';
import { checkArrivedResult, checkArrivedTask, definitionOf } from '../../shared/tasks/catalogue.ts';
import type { PackedResult, PackedTask } from '../../shared/tasks/definition.ts';
import { encodeTransfer } from '../../shared/wire.ts';
import { FlowChannel } from '../net/flow-channel.ts';
import { TestPort } from '../net/test-channel.ts';

/** Longest that one message may hold up a page's thread, ms. */
const MAX_MS = 50;
/** A pause of the whole machine is not the message's fault: only one that is slow each time is. */
const MAX_TRIES = 4;

type Random = () => number;

/** An entry point for messages of another browser. Handling one may throw a MeshError and nothing else. */
export interface FuzzTarget {
  name: string;
  /** A hostile message, and how it is handled. */
  next(random: Random): () => void;
}

/** Messages between two turns of the event loop, in which closed channels are let go. */
const MESSAGES_PER_TURN = 100;

/** Sends `count` hostile messages to a target. Rejects where handling one takes too long or throws anything but a MeshError. */
export async function fuzz(target: FuzzTarget, count: number, random: Random): Promise<void> {
  for (let n = 0; n < count; n++) {
    if (n % MESSAGES_PER_TURN === 0) await new Promise((resolve) => setImmediate(resolve));
    const handle = target.next(random);
    let fastestMs = Number.POSITIVE_INFINITY;
    for (let tries = 0; tries < MAX_TRIES && fastestMs > MAX_MS; tries++) {
      const startMs = performance.now();
      refused(target, handle);
      fastestMs = Math.min(fastestMs, performance.now() - startMs);
    }
    if (fastestMs > MAX_MS) throw new Error(`${target.name}: message ${n} took ${Math.round(fastestMs)} ms`);
  }
}

function refused({ name }: FuzzTarget, handle: () => void): void {
  try {
    handle();
  } catch (cause) {
    if (!(cause instanceof MeshError)) throw new Error(`${name}: something else than a MeshError`, { cause });
    if (cause.message.length > MAX_WIRE_MESSAGE_CHARS) throw new Error(`${name}: an error of unbounded length`);
  }
}

const below = (random: Random, count: number) => Math.floor(random() * count);
const oneOf = <T>(random: Random, [first, ...others]: readonly [T, ...T[]]): T =>
  others[below(random, others.length + 1) - 1] ?? first;

/** Any value that an envelope may hold. */
function anyValue(random: Random, depth = 0): unknown {
  const kind = below(random, depth < 5 ? 10 : 8);
  if (kind < 6)
    return oneOf<unknown>(random, [0, -1, 2 ** 32, Number.NaN, 1e308, '', 'x'.repeat(below(random, 300)), null, true]);
  if (kind < 8) return oneOf<unknown>(random, ['__proto__', 'constructor', 'echo', 'kind', 0.5, undefined, [], {}]);
  const members = Array.from({ length: below(random, 6) }, () => anyValue(random, depth + 1));
  return kind === 8
    ? members
    : Object.fromEntries(members.map((member, i) => [oneOf(random, ['kind', 'id', `${i}`, '__proto__']), member]));
}

/** A copy of a value in which some parts are others. */
function mutated(value: unknown, random: Random): unknown {
  if (random() < 0.1) return anyValue(random);
  if (Array.isArray(value)) {
    const list = value.map((element) => mutated(element, random));
    return random() < 0.1 ? [...list, ...list] : list;
  }
  if (typeof value !== 'object' || value === null) return value;
  const members = Object.entries(value).map(([name, member]): [string, unknown] => [name, mutated(member, random)]);
  if (random() < 0.05) members.push([oneOf(random, ['more', '__proto__', 'toString']), anyValue(random)]);
  return Object.fromEntries(members.filter(() => random() > 0.02));
}

/** A copy with flipped, missing, repeated or other bytes. */
function damaged(bytes: Uint8Array, random: Random): Uint8Array {
  const copy = bytes.slice();
  for (let n = below(random, 4); n > 0 && copy.length > 0; n--) {
    // Extensions, binary data, 32-bit lengths and the largest small containers: what a decoder may stumble over.
    copy[below(random, copy.length)] = oneOf(random, [
      0xc1,
      0xc6,
      0xc7,
      0xc9,
      0xd4,
      0xd6,
      0xdb,
      0xdd,
      0xdf,
      0x9f,
      0x8f,
      255,
      0,
      below(random, 256),
    ]);
  }
  const kind = random();
  if (kind < 0.1) return copy.subarray(0, below(random, copy.length + 1));
  return kind < 0.2 ? concatBytes([copy, copy.subarray(below(random, copy.length + 1))]) : copy;
}

const setup = {
  ...{ streamId: 1, codec: 'vp8', width: 640, height: 360, outWidth: 1280, outHeight: 720, quality: 'spatial' },
  ...{ fps: 60, uplinkKbps: 6_000, downlinkKbps: 15_000 },
};
const backends = { upscale: { backend: 'wgsl', unitsPerMs: 9 } };
const capabilities = { adapter: 'gpu', backends, tasks: ['upscale'], codecs: ['vp8'] };
const color = { primaries: 'bt709', transfer: 'bt709', matrix: 'bt709', fullRange: false };
const stages = { queueMs: 0, decodeMs: 1, computeMs: 1, encodeMs: 1, totalMs: 3 };
const frame = { streamId: 1, frameId: 2, sequence: 2, timestampUs: 5, keyframe: true, color };

const GOOD: Record<ChannelName, { schema: ZodType; messages: readonly [object, ...object[]] }> = {
  control: {
    schema: controlMessageSchema,
    messages: [
      { kind: 'hello', protocolVersion: 1, role: 'volunteer', capabilities },
      { kind: 'stream-setup', setup },
      { kind: 'bye', error: { reason: 'closed', message: 'Bye.' } },
    ],
  },
  tasks: {
    schema: taskMessageSchema,
    messages: [
      { kind: 'task', id: 1, type: 'echo', params: { sizeBytes: 9 } },
      { kind: 'task', id: 2, type: 'infer', params: {}, session: { id: 1, kept: [{ at: 1, output: 0 }] } },
      { kind: 'state-gone', id: 0 },
      { kind: 'result', id: 0, value: null, backend: 'js', queueMs: 0, computeMs: 1.5 },
      { kind: 'progress', id: 0, stage: 'loading', share: 0.5 },
      { kind: 'credit', serial: 1, window: 16 },
    ],
  },
  video: {
    schema: videoMessageSchema,
    messages: [
      { kind: 'frame', ...frame },
      { kind: 'answer', ...frame, stages, quality: 'spatial', lowered: null, downlinkKbps: 9_000 },
      { kind: 'ack', streamId: 1, frameId: 2, receivedMs: 1 },
    ],
  },
  heartbeat: {
    schema: heartbeatMessageSchema,
    messages: [
      { kind: 'ping', serial: 1, rttMs: null },
      { kind: 'pong', serial: 1, load: 0.5, held: 3 },
      { kind: 'keepalive' },
    ],
  },
};

/** One data channel: its chunks, its envelopes and its messages. A channel that a message ended is opened anew. */
export function channelTarget(name: ChannelName): FuzzTarget {
  const { schema, messages } = GOOD[name];
  const spec = CHANNELS[name];
  let port = new TestPort();
  let nowMs = 0;
  let nextId = 0;
  const open = () => {
    port = new TestPort();
    return new FlowChannel(port, spec, schema, { onMessage: () => {} }, () => nowMs);
  };
  let channel = open();
  return {
    name,
    next(random) {
      const message = oneOf<unknown>(random, messages);
      const items = Array.from({ length: 1 + below(random, 3) }, () => ({
        message: random() < 0.3 ? message : mutated(message, random),
        attachments: Array.from({ length: below(random, 3) }, () => new Uint8Array(below(random, 3_000))),
      }));
      const parts = encodeTransfer(items);
      const transfer = random() < 0.4 ? [damaged(concatBytes(parts), random)] : parts;
      const chunks = [...splitTransfer(nextId++ >>> 0, transfer, spec.chunkBytes)];
      const arriving = chunks.map((chunk) => (random() < 0.2 ? damaged(chunk, random).slice() : chunk));
      return () => {
        if (channel.isClosed) channel = open();
        nowMs += 10;
        for (const chunk of arriving) port.receive(random() < 0.001 ? 'text' : chunk.buffer);
      };
    },
  };
}

const floats = (count: number) => ({ type: 'float32', dims: [1, count], data: new Float32Array(count).fill(0.5) });
const body = (x: number) => ({ position: [x, 0, 0], velocity: [-x, 0, 0], radius: 1, mass: 1 });
const bytesOf = (...sizes: number[]) => sizes.map((size) => new Uint8Array(size));

/** A small task of each type, and a result of the right shape. */
const TASKS: readonly { type: string; input: unknown; result: PackedResult }[] = [
  { type: 'echo', input: { bytes: new Uint8Array(9) }, result: { value: null, attachments: bytesOf(9) } },
  {
    type: 'upscale',
    input: { image: { width: 8, height: 6, data: new Uint8Array(192).fill(99) } },
    result: { value: null, attachments: bytesOf(768) },
  },
  {
    type: 'infer',
    input: { model: 'a-model', inputs: { x: floats(4), y: floats(2) } },
    result: { value: { outputs: [{ name: 'z', type: 'float32', dims: [1, 4] }] }, attachments: bytesOf(16) },
  },
  {
    type: 'pathfinding',
    input: {
      grid: { width: 8, height: 8, cost: new Uint8Array(64).fill(1) },
      neighbours: 4,
      queries: [{ start: [0, 0], goal: [3, 0] }],
    },
    result: { value: null, attachments: [new Uint8Array(8), Uint8Array.of(3, 0, 0, 0), new Uint8Array(3)] },
  },
  {
    type: 'physics',
    input: { bodies: [body(3), body(-3)], gravity: [0, 0, 0], timestepS: 0.01, steps: 16 },
    result: { value: null, attachments: bytesOf(96, 7 * 48, 8) },
  },
  {
    type: 'raytracing',
    input: {
      ...{ width: 8, height: 8, samplesPerPixel: 1, seed: 1, lights: [{ position: [0, 5, 0], color: [1, 1, 1] }] },
      camera: { position: [0, 0, -5], target: [0, 0, 0], fovDeg: 60 },
      objects: [{ type: 'sphere', center: [0, 0, 0], radius: 1, material: { color: [1, 0, 0] } }],
    },
    result: { value: null, attachments: bytesOf(256) },
  },
];

/** Parts of tasks and results as they come out of an envelope. */
function hostile<Part extends PackedTask | PackedResult>(part: Part, value: unknown, random: Random) {
  const attachments = part.attachments.map((bytes) => (random() < 0.3 ? damaged(bytes, random) : bytes));
  return {
    value: random() < 0.3 ? value : mutated(value, random),
    attachments: random() < 0.05 ? [...attachments, new Uint8Array(1)] : attachments,
  };
}

function packedTasks() {
  return TASKS.map(({ type, input, result }) => ({ type, result, task: definitionOf(type).pack(input) }));
}

/** A volunteer's: what a gamer sends it to compute. */
export function taskInputTarget(): FuzzTarget {
  const tasks = packedTasks();
  return {
    name: 'task inputs',
    next(random) {
      const { type, task } = tasks[below(random, tasks.length)] ?? { type: '', task: { params: {}, attachments: [] } };
      const { value: params, attachments } = hostile(task, task.params, random);
      const claimed = random() < 0.05 ? oneOf(random, ['constructor', '__proto__', 'dialogue']) : type;
      return () => void checkArrivedTask(claimed, { params, attachments });
    },
  };
}

/** A gamer's: what a volunteer answers, and the check of it, whose comparisons are hostile as well. */
export function taskResultTarget(): FuzzTarget {
  const tasks = packedTasks();
  return {
    name: 'task results',
    next(random) {
      const { type, task, result } = tasks[below(random, tasks.length)] ?? { type: '', task: null, result: null };
      if (!task) return () => {};
      const definition = definitionOf(type);
      const packed = hostile(result, result.value, random);
      const other = hostile(result, result.value, random);
      return () => {
        const value = checkArrivedResult(definition, task, packed);
        const verification = definition.verify(task, value, random);
        for (let step = verification.next(); !step.done; ) step = verification.next(step.value && other);
      };
    },
  };
}
