import { beforeEach, describe, expect, test } from 'vitest';
import { STALL_TIMEOUT_MS, sha256Hex } from './download.ts';
import { PROGRESS_INTERVAL_MS } from './model-source.ts';
import { MAX_MANIFEST_BYTES, ModelStore } from './model-store.ts';
import { BASE_URL, TestModelServer } from './test-model-server.ts';

let server: TestModelServer;

beforeEach(async () => {
  server = new TestModelServer();
  await server.publish('one');
});

const text = (bytes: ArrayBuffer) => new TextDecoder().decode(bytes);
const html = () => new Response('<!doctype html>Log in', { headers: { 'content-type': 'text/html; charset=utf-8' } });
const keyOf = async (path: string) =>
  new URL(`${path}?sha256=${await sha256Hex(server.files.get(path) ?? new Uint8Array(0), crypto.subtle)}`, BASE_URL)
    .href;

describe('fetching and keeping', () => {
  test('a file is fetched once, then comes from the browser and is checked each time', async () => {
    const first = await server.store().load('fast', 'wgsl');
    expect(first.model).toMatchObject({ name: 'fast', version: 'one' });
    expect(text(first.bytes)).toContain('fast.bin of one');
    expect(server.requests).toEqual(['manifest.json no-cache', 'fast.bin default']);
    const again = await server.store().load('fast', 'wgsl');
    expect(text(again.bytes)).toBe(text(first.bytes));
    expect(server.requests.slice(2)).toEqual(['manifest.json no-cache']);
  });

  test('the list of models is read once per session, and simultaneous loads of a file share one download', async () => {
    const store = server.store();
    const loads = await Promise.all([
      store.load('fast', 'wgsl'),
      store.load('fast', 'wgsl'),
      store.load('fast', 'onnx'),
      store.load('quality', 'wgsl'),
    ]);
    expect(server.requests.sort()).toEqual([
      'fast.bin default',
      'fast.onnx default',
      'manifest.json no-cache',
      'quality.bin default',
    ]);
    const [one, other] = loads;
    expect(one?.bytes).toEqual(other?.bytes);
    expect(one?.bytes).not.toBe(other?.bytes);
  });

  test('a file that is damaged in the cache is fetched again and replaced', async () => {
    await server.store().load('fast', 'wgsl');
    const key = await keyOf('fast.bin');
    const good = server.caches.entries.get(key);
    const bad = good?.slice() ?? new Uint8Array(0);
    bad[3] = 0;
    for (const damaged of [bad, good?.slice(5) ?? bad]) {
      server.caches.entries.set(key, damaged);
      const { bytes } = await server.store().load('fast', 'wgsl');
      expect(new Uint8Array(bytes)).toEqual(good);
      expect(server.requests.at(-1)).toBe('fast.bin default');
      expect(server.caches.entries.get(key)).toEqual(good);
    }
  });

  test('old versions are deleted once the list no longer names them; entries of other servers stay', async () => {
    const foreign = 'https://other.example/models/fast.bin?sha256=00';
    server.caches.entries.set(foreign, new Uint8Array(1));
    await server.store().load('fast', 'wgsl');
    const old = await keyOf('fast.bin');
    await server.publish('two');
    const { model, bytes } = await server.store().load('fast', 'wgsl');
    expect(model.version).toBe('two');
    expect(text(bytes)).toContain('of two');
    const kept = [...server.caches.entries.keys()];
    expect(kept).not.toContain(old);
    expect(kept.sort()).toEqual([foreign, await keyOf('fast.bin'), new URL('manifest.json', BASE_URL).href].sort());
  });

  test('what another game of the same origin puts in place of a model is not used, and servers share nothing', async () => {
    await server.store().load('fast', 'wgsl');
    const evil = new TextEncoder().encode('evil');
    for (const key of server.caches.entries.keys()) server.caches.entries.set(key, evil);
    expect(text((await server.store().load('fast', 'wgsl')).bytes)).toContain('fast.bin of one');
    const other = new TestModelServer();
    await other.publish('other');
    const ofOther = server.store({
      baseUrl: new URL('https://other.example/models/'),
      fetch: (input, init) => other.fetch(String(input).replace('other.example', BASE_URL.host), init),
    });
    expect(text((await ofOther.load('fast', 'wgsl')).bytes)).toContain('fast.bin of other');
    expect(text((await server.store().load('fast', 'wgsl')).bytes)).toContain('fast.bin of one');
    // Twice: at first, and where it was replaced.
    expect(server.requests.filter((request) => request.startsWith('fast.bin'))).toHaveLength(2);
  });

  test('without a connection the kept list and files are used, and a note says so', async () => {
    await server.store().load('fast', 'wgsl');
    server.isOffline = true;
    server.reports.length = 0;
    const { bytes } = await server.store().load('fast', 'wgsl');
    expect(text(bytes)).toContain('fast.bin of one');
    expect(server.reports).toEqual([
      expect.objectContaining({ state: 'ready', note: expect.stringContaining('kept') }),
    ]);
    await expect(server.store().load('fast', 'onnx')).rejects.toMatchObject({ reason: 'connection-failed' });
  });

  test('a list of models that could not be read is read again when a language model is looked for', async () => {
    const list = await server.publish('1');
    const file = { path: 'a.onnx', bytes: 1, sha256: '0'.repeat(64) };
    const talker = { name: 'talker', version: '1', task: 'dialogue', licence: 'MIT', parameters: 1, contextTokens: 64 };
    const models = [...list.models, { ...talker, figures: {}, files: { onnx: file, tokenizer: file } }];
    server.files.set('manifest.json', new TextEncoder().encode(JSON.stringify({ models })));
    const store = server.store();
    server.isOffline = true;
    await expect(store.isListed('talker')).rejects.toMatchObject({ reason: 'connection-failed' });
    server.isOffline = false;
    expect(await store.isListed('talker')).toBe(true);
    expect(await store.isListed('fast')).toBe(false);
  });

  test('without a connection, and with no kept list or a damaged one, the error says what to do', async () => {
    server.isOffline = true;
    const problem = { reason: 'connection-failed', message: expect.stringMatching(/manifest\.json.*connection/) };
    await expect(server.store().load('fast', 'wgsl')).rejects.toMatchObject(problem);
    server.caches.entries.set(new URL('manifest.json', BASE_URL).href, new TextEncoder().encode('{"models":[1]}'));
    await expect(server.store().load('fast', 'wgsl')).rejects.toMatchObject(problem);
    expect(server.reports.at(-1)).toMatchObject({ state: 'failed', error: problem });
  });
});

describe('wrong responses', () => {
  const good = () => server.files.get('fast.bin') ?? new Uint8Array(0);
  const wrong = () => good().map((byte) => byte ^ 1);

  test.each([
    ['a part of it', () => new Response(good().slice(9))],
    ['other bytes', () => new Response(wrong())],
    ['more than was promised', () => new Response(new Uint8Array(good().byteLength + 1))],
    ['a web page', html],
    ['nothing at all', () => 'offline' as const],
  ])('%s: fetched once more, past all caches', async (_, answer) => {
    server.overrides.set('fast.bin', [answer()]);
    const { bytes } = await server.store().load('fast', 'wgsl');
    expect(new Uint8Array(bytes)).toEqual(good());
    expect(server.requests.slice(1)).toEqual(['fast.bin default', 'fast.bin reload']);
  });

  test.each([
    [
      'a part of it',
      () => new Response(good().slice(9)),
      'malformed',
      /fast\.bin arrived damaged \(only \d+ of \d+ bytes/,
    ],
    ['other bytes', () => new Response(wrong()), 'malformed', /fast\.bin arrived damaged \(wrong hash\).*Reload/],
    ['too much', () => new Response(new Uint8Array(9_999)), 'malformed', /fast\.bin is longer than \d+ bytes.*Reload/],
    ['a web page', html, 'connection-failed', /web page came in place of fast\.bin.*log in/],
    ['an error', () => new Response('', { status: 503 }), 'connection-failed', /no fast\.bin \(status 503\)/],
    ['nothing', () => 'offline' as const, 'connection-failed', /fast\.bin could not be fetched.*connection/],
  ])('%s twice: an error that says what to do, and nothing is kept', async (_, answer, reason, message) => {
    server.overrides.set('fast.bin', [answer(), answer()]);
    const store = server.store();
    await expect(store.load('fast', 'wgsl')).rejects.toMatchObject({
      reason,
      message: expect.stringMatching(message),
    });
    expect(server.reports.at(-1)).toMatchObject({
      model: 'fast',
      kind: 'wgsl',
      state: 'failed',
      error: { reason },
    });
    expect([...server.caches.entries.keys()]).toEqual([new URL('manifest.json', BASE_URL).href]);
    // The next load tries again, with the current list.
    await server.publish('two');
    expect((await store.load('fast', 'wgsl')).model.version).toBe('two');
  });

  test('an endless body is not read beyond the expected size', async () => {
    let pulls = 0;
    let isCancelled = false;
    const endless = () =>
      new ReadableStream<Uint8Array>({
        pull: (controller) => {
          pulls++;
          controller.enqueue(new Uint8Array(64));
        },
        cancel: () => {
          isCancelled = true;
        },
      });
    const fetch = async (input: RequestInfo | URL, init?: RequestInit) => {
      if (!String(input).endsWith('.bin')) return server.fetch(input, init);
      const body = endless();
      return new Response(body);
    };
    await expect(server.store({ fetch }).load('fast', 'wgsl')).rejects.toMatchObject({ reason: 'malformed' });
    expect(pulls).toBeLessThan((2 * good().byteLength) / 64 + 8);
    expect(isCancelled).toBe(true);
  });

  test('a server that falls silent is given up and asked once more', async () => {
    server.overrides.set('fast.bin', ['silent']);
    const loading = server.store().load('fast', 'wgsl');
    await expect.poll(() => server.requests.length).toBe(2);
    await expect.poll(() => server.clock.pending).toBe(1);
    server.clock.advance(STALL_TIMEOUT_MS);
    expect(new Uint8Array((await loading).bytes)).toEqual(good());
    expect(server.clock.pending).toBe(0);
  });

  test.each([
    ['a web page', html(), 'connection-failed'],
    ['no JSON', new Response('{"models":'), 'malformed'],
    ['no list of models', new Response('{"models":[{}]}'), 'malformed'],
    ['more than any list', new Response(new Uint8Array(MAX_MANIFEST_BYTES + 1)), 'malformed'],
    ['an error', new Response('', { status: 404 }), 'connection-failed'],
  ])('%s in place of the list of models: an error, or the kept list where there is one', async (_, answer, reason) => {
    server.overrides.set('manifest.json', [answer.clone(), answer]);
    const store = server.store();
    await expect(store.load('fast', 'wgsl')).rejects.toMatchObject({
      reason,
      message: expect.stringMatching(/manifest\.json|list of models/),
    });
    server.overrides.get('manifest.json')?.splice(0);
    await store.load('fast', 'wgsl');
    server.overrides.set('manifest.json', ['offline']);
    await expect(server.store().load('fast', 'wgsl')).resolves.toMatchObject({ model: { name: 'fast' } });
  });

  test.each(['../secret', 'a/b', '..', '.', '/fast.bin', 'https:fast.bin', ''])(
    'a list with the path "%s" is refused, and nothing is fetched',
    async (path) => {
      const manifest = await server.publish('one');
      const file = manifest.models[0]?.files.onnx;
      if (file) file.path = path;
      server.files.set('manifest.json', new TextEncoder().encode(JSON.stringify(manifest)));
      await expect(server.store().load('fast', 'wgsl')).rejects.toMatchObject({ reason: 'malformed' });
      expect(server.requests).toEqual(['manifest.json no-cache']);
    },
  );

  test('infer loads only models meant for it, not the upscaling networks, whose limits it would bypass', async () => {
    await server.publish('v1', ['fast']);
    await expect(server.store().loadOnnx('fast', () => {}, new AbortController().signal)).rejects.toMatchObject({
      reason: 'unknown-model',
    });
  });

  test('a network that is not in the list is unknown, and the error names those that are', async () => {
    await expect(server.store().load('balanced', 'wgsl')).rejects.toMatchObject({
      reason: 'unknown-model',
      message: expect.stringContaining("it has 'fast', 'quality'"),
    });
  });
});

describe('where nothing can be kept', () => {
  test('a full disk is reported once, and the networks work', async () => {
    server.caches.putError = new DOMException('full', 'QuotaExceededError');
    const store = server.store();
    for (const kind of ['wgsl', 'onnx', 'wgsl'] as const) await store.load('fast', kind);
    const notes = server.reports.flatMap(({ note }) => note ?? []);
    expect(notes).toEqual([expect.stringMatching(/no room left.*Free some disk space/)]);
    expect(server.requests.filter((requests) => requests.startsWith('fast.bin'))).toHaveLength(2);
  });

  test.each([
    ['there are no caches', undefined],
    ['they may not be used', { open: () => Promise.reject(new DOMException('no', 'SecurityError')) }],
    [
      'asking for them throws',
      {
        open: () => {
          throw new DOMException('no', 'SecurityError');
        },
      },
    ],
  ])('%s: reported once, and the networks work', async (_, caches) => {
    const store = server.store({ caches: caches as unknown as CacheStorage });
    for (const kind of ['wgsl', 'onnx'] as const) await store.load('fast', kind);
    expect(server.reports.flatMap(({ note }) => note ?? [])).toEqual([expect.stringContaining('private window')]);
  });

  test('a cache that fails at everything does no harm', async () => {
    const fails = () => Promise.reject(new Error('disk'));
    const cache = { match: fails, put: fails, delete: fails, keys: fails };
    const store = server.store({ caches: { open: async () => cache } as unknown as CacheStorage });
    await expect(store.load('fast', 'wgsl')).resolves.toMatchObject({ model: { name: 'fast' } });
  });

  test('without crypto.subtle files are still checked', async () => {
    const digest = (bytes: Uint8Array<ArrayBuffer>) => sha256Hex(bytes, undefined);
    await expect(server.store({ digest }).load('fast', 'wgsl')).resolves.toMatchObject({
      model: { name: 'fast' },
    });
    server.overrides.set('fast.onnx', [new Response('x'), new Response('x')]);
    await expect(server.store({ digest }).load('fast', 'onnx')).rejects.toMatchObject({ reason: 'malformed' });
  });
});

test('progress is reported at a bounded rate, and the end always', async () => {
  const whole = server.files.get('fast.bin') ?? new Uint8Array(0);
  let sent = 0;
  const slow = new ReadableStream<Uint8Array>({
    pull: (controller) => {
      server.clock.advance(PROGRESS_INTERVAL_MS / 4);
      controller.enqueue(whole.slice(sent, sent + 10));
      sent += 10;
      if (sent >= whole.byteLength) controller.close();
    },
  });
  server.overrides.set('fast.bin', [new Response(slow)]);
  await server.store().load('fast', 'wgsl');
  const totalBytes = whole.byteLength;
  const fetching = server.reports.filter(({ state }) => state === 'fetching').map(({ loadedBytes }) => loadedBytes);
  expect(fetching[0]).toBe(0);
  expect(fetching.slice(1)).toEqual(fetching.slice(1).map((_, i) => (i + 1) * 40));
  expect(fetching.length).toBeGreaterThan(3);
  expect(server.reports.every((progress) => progress.totalBytes === totalBytes)).toBe(true);
  expect(server.reports.at(-1)).toEqual({
    model: 'fast',
    kind: 'wgsl',
    state: 'ready',
    loadedBytes: totalBytes,
    totalBytes,
  });
});

test('a store without a progress listener works', async () => {
  const { fetch, clock } = server;
  const digest = (bytes: Uint8Array<ArrayBuffer>) => sha256Hex(bytes, crypto.subtle);
  const store = new ModelStore({ baseUrl: BASE_URL, caches: undefined, fetch, clock, digest });
  expect((await store.load('quality', 'onnxFp16')).bytes.byteLength).toBeGreaterThan(0);
});
