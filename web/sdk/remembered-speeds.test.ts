import { expect, test, vi } from 'vitest';
import type { MeasuredSpeeds } from '../compute/measured-speeds.ts';
import { RememberedSpeeds, type SpeedEntries } from './remembered-speeds.ts';

const BUILD = 'https://p2c2r.example/assets/volunteer.worker-Ab12.js';
const SPEEDS: MeasuredSpeeds = {
  key: '1|a browser|a GPU|',
  cpuUnitsPerMs: 5_000,
  gpu: {
    filterUnitsPerMs: 100_000,
    framePaths: { frameIn: 'copyTo', frameOut: 'readback' },
    executors: { physics: { unitsPerMs: 10, minCost: 0, minSize: 64 } },
  },
  networks: { fast: { wgsl: { fixedMs: 1, msPerPixel: 0.001 } } },
};

function memory() {
  const stored = new Map<string, unknown>();
  let writes = 0;
  const entries: SpeedEntries = {
    get: async (name) => stored.get(name),
    async set(name, entry) {
      writes++;
      stored.set(name, structuredClone(entry));
    },
  };
  return { stored, open: () => entries, writes: () => writes };
}

test('speeds are remembered by worker and backend, and stored again only when they changed', async () => {
  const { stored, open, writes } = memory();
  new RememberedSpeeds('volunteer', BUILD, undefined, open).save(SPEEDS);
  const next = new RememberedSpeeds('volunteer', BUILD, undefined, open);
  expect(await next.load()).toEqual(SPEEDS);
  next.save(structuredClone(SPEEDS));
  expect(writes()).toBe(1);
  next.save({ ...SPEEDS, cpuUnitsPerMs: 6_000 });
  expect(writes()).toBe(2);
  expect(await new RememberedSpeeds('volunteer', BUILD, 'js', open).load()).toBeUndefined();
  expect(await new RememberedSpeeds('stream', BUILD, undefined, open).load()).toBeUndefined();
  expect([...stored.keys()]).toEqual(['volunteer auto']);
});

test('speeds of another build count as none', async () => {
  const { open } = memory();
  new RememberedSpeeds('volunteer', BUILD, undefined, open).save(SPEEDS);
  const newer = BUILD.replace('Ab12', 'Cd34');
  expect(await new RememberedSpeeds('volunteer', newer, undefined, open).load()).toBeUndefined();
});

test.each([
  ['no object', 7],
  ['no speeds', { build: 'volunteer.worker-Ab12.js' }],
  ['a speed of zero', entryWith({ cpuUnitsPerMs: 0 })],
  ['an infinite speed', entryWith({ cpuUnitsPerMs: Number.POSITIVE_INFINITY })],
  ['a huge key', entryWith({ key: 'x'.repeat(100_000) })],
  [
    'an unknown frame path',
    entryWith({ gpu: { ...SPEEDS.gpu, framePaths: { frameIn: 'magic', frameOut: 'canvas' } } }),
  ],
  [
    'an unknown task type',
    entryWith({ gpu: { ...SPEEDS.gpu, executors: { mining: { unitsPerMs: 1, minCost: 0, minSize: 0 } } } }),
  ],
  ['an unknown network', entryWith({ networks: { huge: {} } })],
  ['a negative duration', entryWith({ networks: { fast: { wgsl: { fixedMs: -1, msPerPixel: 0 } } } })],
  ['another field', entryWith({ more: 1 })],
])('an entry with %s is ignored', async (_, entry) => {
  const { stored, open } = memory();
  stored.set('volunteer auto', entry);
  expect(await new RememberedSpeeds('volunteer', BUILD, undefined, open).load()).toBeUndefined();
});

test('storage that is missing, blocked, full or silent costs a start nothing but the measurement', async () => {
  const rejecting = { get: () => Promise.reject(new Error('blocked')), set: () => Promise.reject(new Error('full')) };
  const silent = { get: () => new Promise(() => {}), set: async () => {} };
  const throwing = () => {
    throw new DOMException('The operation is insecure.', 'SecurityError');
  };
  // As IndexedDB is in a sandboxed frame.
  vi.stubGlobal('indexedDB', { open: throwing });
  for (const open of [() => null, () => rejecting, () => silent, throwing, undefined]) {
    const speeds = new RememberedSpeeds('stream', BUILD, undefined, open);
    expect(await speeds.load()).toBeUndefined();
    speeds.save(SPEEDS);
  }
  vi.unstubAllGlobals();
});

function entryWith(changes: Record<string, unknown>): unknown {
  return { build: 'volunteer.worker-Ab12.js', speeds: { ...SPEEDS, ...changes } };
}
