import { expect, it } from 'vitest';
import { withDuration } from './webm-duration.ts';

const UNKNOWN = [0x01, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff];
const SCALE = element([0x2a, 0xd7, 0xb1], [0x0f, 0x42, 0x40]);
const HEADER = element([0x1a, 0x45, 0xdf, 0xa3], [1, 2, 3]);
const TRACKS = element([0x16, 0x54, 0xae, 0x6b], new Array(200).fill(0x1f));
const SEGMENT = [0x18, 0x53, 0x80, 0x67];

it('a recording is told its length, to the end of its last frame, and nothing else of it changes', async () => {
  const rest = [
    ...TRACKS,
    ...cluster(0, [simpleBlock(0), simpleBlock(40)]),
    ...cluster(1_000, [simpleBlock(0), element([0xa0], element([0xa1], blockAt(30)))]),
  ];
  const told = await bytesOf(await withDuration(recording(SCALE, rest)));
  const duration = [0x44, 0x89, 0x88, ...new Uint8Array(new Float64Array([1_060]).buffer).toReversed()];
  const info = [0x15, 0x49, 0xa9, 0x66, 0x10, 0, 0, SCALE.length + 11, ...SCALE, ...duration];
  expect(told).toEqual([...HEADER, ...SEGMENT, ...UNKNOWN, ...info, ...rest]);
});

it.each([
  [
    'that knows its length',
    recording([...SCALE, ...element([0x44, 0x89], new Array(8).fill(0))], cluster(0, [simpleBlock(9)])),
  ],
  ['without a frame', recording(SCALE, [])],
  ['that is cut off', recording(SCALE, [0x1f])],
  ['of another kind', new Blob([new Uint8Array([0, 0, 0, 24, 0x66, 0x74, 0x79, 0x70])], { type: 'video/mp4' })],
  ['of no bytes', new Blob([])],
])('a file %s stays as it is', async (_, file) => {
  expect(await withDuration(file)).toBe(file);
});

it('a recording that ends within a frame has the length of those before it', async () => {
  const whole = cluster(0, [simpleBlock(0), simpleBlock(500)]);
  const told = await bytesOf(await withDuration(recording(SCALE, [...whole, 0xa3, 0x90, 0x81, 0])));
  expect(told.join()).toContain(
    [0x44, 0x89, 0x88, ...new Uint8Array(new Float64Array([1_000]).buffer).toReversed()].join(),
  );
});

function recording(info: number[], rest: number[]): Blob {
  const bytes = [...HEADER, ...SEGMENT, ...UNKNOWN, ...element([0x15, 0x49, 0xa9, 0x66], info), ...rest];
  return new Blob([new Uint8Array(bytes)], { type: 'video/webm' });
}

function cluster(timestamp: number, blocks: number[][]): number[] {
  return [0x1f, 0x43, 0xb6, 0x75, ...UNKNOWN, ...element([0xe7], [timestamp >> 8, timestamp & 255]), ...blocks.flat()];
}

function simpleBlock(time: number): number[] {
  return element([0xa3], blockAt(time));
}

/** Of the first track, with some bytes of a frame. */
function blockAt(time: number): number[] {
  return [0x81, time >> 8, time & 255, 0x80, 0x1f, 0x43, 0xb6, 0x75];
}

function element(id: number[], data: number[]): number[] {
  return [...id, 0x40 | (data.length >> 8), data.length & 255, ...data];
}

async function bytesOf(blob: Blob): Promise<number[]> {
  return [...new Uint8Array(await blob.arrayBuffer())];
}
