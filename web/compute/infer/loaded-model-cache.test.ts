import { describe, expect, test } from 'vitest';
import { nextMacrotask } from '../schedule.ts';
import { LoadedModelCache, MAX_LOADED_MODELS, MAX_LOADS } from './loaded-model-cache.ts';
import { writeOnnx } from './test-onnx.ts';
import { summing, summingModel } from './test-sessions.ts';

const asked = () => new AbortController().signal;

/** A cache of which each download ends when it is told to. */
class Downloads {
  readonly runtime = summing();
  /** By model: those under way. */
  readonly underWay = new Map<string, () => void>();
  readonly models: LoadedModelCache;

  constructor(maxBytes?: number) {
    this.models = new LoadedModelCache({
      onnx: {
        loadOnnx: async (name) => {
          await new Promise<void>((resolve) => this.underWay.set(name, resolve));
          this.underWay.delete(name);
          return summingModel();
        },
      },
      runtimes: [this.runtime.open],
      ...(maxBytes !== undefined && { maxBytes }),
    });
  }

  get(name: string, signal = asked()) {
    return this.models.get(name, [], () => {}, signal);
  }

  async end(name: string): Promise<void> {
    this.underWay.get(name)?.();
    await nextMacrotask();
  }

  /** Loads a model and holds it. Resolves to what releases it. */
  async hold(name: string): Promise<() => void> {
    const getting = this.get(name);
    await nextMacrotask();
    await this.end(name);
    return (await getting).hold();
  }
}

const named = (count: number) => Array.from({ length: count }, (_, i) => `m${i}`);

describe('whoever names many models at once', () => {
  test('has few loaded at a time, first come, first served, and gets each', async () => {
    const downloads = new Downloads();
    const names = named(MAX_LOADS + 3);
    const all = Promise.all(names.map((name) => downloads.get(name)));
    await nextMacrotask();
    for (const [at, name] of names.entries()) {
      expect([...downloads.underWay.keys()]).toEqual(names.slice(at, at + MAX_LOADS));
      await downloads.end(name);
    }
    expect(await all).toHaveLength(names.length);
  });

  test.each([
    ['bytes', 1.5 * summingModel().byteLength, 2],
    ['number', undefined, MAX_LOADED_MODELS],
  ])('waits for more while those in use have the %s that all may have', async (_, maxBytes, count) => {
    const downloads = new Downloads(maxBytes);
    const releases: (() => void)[] = [];
    for (const name of named(count)) releases.push(await downloads.hold(name));
    const next = downloads.get('next');
    await nextMacrotask();
    expect([...downloads.underWay.keys()]).toEqual([]);
    releases[0]?.();
    await nextMacrotask();
    expect([...downloads.underWay.keys()]).toEqual(['next']);
    expect(downloads.runtime.released()).toBe(1);
    await downloads.end('next');
    await next;
  });

  test('lets no steady use of others hold up what waits', async () => {
    const downloads = new Downloads();
    const releases: (() => void)[] = [];
    for (const name of named(MAX_LOADED_MODELS)) releases.push(await downloads.hold(name));
    const next = downloads.get('next');
    const again = downloads.get('m0');
    await nextMacrotask();
    releases[0]?.();
    await nextMacrotask();
    expect([...downloads.underWay.keys()]).toEqual(['next']);
    await downloads.end('next');
    await next;
    releases[1]?.();
    await nextMacrotask();
    await downloads.end('m0');
    await again;
  });

  test('may leave while it lets others load, and is let go on where these leave', async () => {
    const downloads = new Downloads();
    for (const name of named(MAX_LOADED_MODELS)) await downloads.hold(name);
    const cancelling = new AbortController();
    const next = expect(downloads.get('next', cancelling.signal)).rejects.toMatchObject({ reason: 'cancelled' });
    const leaving = new AbortController();
    const left = expect(downloads.get('m0', leaving.signal)).rejects.toMatchObject({ reason: 'cancelled' });
    const again = downloads.get('m1');
    leaving.abort();
    await left;
    cancelling.abort();
    await next;
    await again;
  });

  test('can cancel what waits: it is never loaded, and holds up nobody', async () => {
    const downloads = new Downloads();
    const first = named(MAX_LOADS).map((name) => downloads.get(name));
    const cancelling = new AbortController();
    const cancelled = expect(downloads.get('cancelled', cancelling.signal)).rejects.toMatchObject({
      reason: 'cancelled',
    });
    const last = downloads.get('last');
    cancelling.abort();
    await cancelled;
    for (const name of [...named(MAX_LOADS), 'last']) await downloads.end(name);
    await Promise.all([...first, last]);
  });

  test('finds those that wait closed with the cache', async () => {
    const downloads = new Downloads();
    for (const name of named(MAX_LOADS)) void downloads.get(name);
    await nextMacrotask();
    const waiting = expect(downloads.get('waiting')).rejects.toMatchObject({ reason: 'closed' });
    downloads.models.dispose();
    await waiting;
  });
});

test('weights beside a model may change at any address, and are known by their hash in the server’s list', async () => {
  const model = writeOnnx({
    nodes: [{ operator: 'Add', inputs: ['x', 'w'], outputs: ['y'] }],
    ...{ inputs: { x: { dims: ['n', 2] } }, outputs: { y: { dims: ['n', 2] } } },
    constants: { w: { dims: [2], values: [], file: 'weights.bin' } },
  });
  const onnx = { loadOnnx: async () => model.slice(), loadData: async () => new Uint8Array(8) };
  const models = new LoadedModelCache({ onnx, runtimes: [summing().open] });
  const names = ['listed', `https://models.example/a.onnx#sha256=${'0'.repeat(64)}`];
  const loaded = await Promise.all(names.map((name) => models.get(name, [], () => {}, asked())));
  expect(loaded.map(({ varies }) => varies)).toEqual([false, true]);
});
