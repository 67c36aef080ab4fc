import { beforeEach, expect, test } from 'vitest';
import { sha256Hex } from './download.ts';
import { BASE_URL, TestModelServer } from './test-model-server.ts';
import { MAX_KEPT_URL_MODELS } from './url-models.ts';

const BYTES = new TextEncoder().encode('an onnx model');
/** The largest model that the stores of these tests take. */
const MAX_BYTES = 4 * 1024 * 1024;
const ELSEWHERE = 'https://models.example';

let server: TestModelServer;
let requests: [string, RequestInit | undefined][];
let answer: () => Response;

beforeEach(() => {
  server = new TestModelServer();
  requests = [];
  answer = () => new Response(BYTES, { headers: { 'content-length': String(BYTES.byteLength) } });
});

function newStore(accepted: readonly string[] | null = [ELSEWHERE]) {
  const store = server.store({
    maxModelBytes: MAX_BYTES,
    fetch: async (input, init) => {
      requests.push([String(input), init]);
      return answer();
    },
  });
  store.acceptModelsFrom = accepted;
  return store;
}

/** The answer of an address that the browser was redirected to. */
function redirected(url: string, body: BodyInit = BYTES): Response {
  return Object.defineProperties(new Response(body), { redirected: { value: true }, url: { value: url } });
}

const load = (url: string, accepted?: readonly string[] | null, shares: number[] = []) =>
  newStore(accepted).loadOnnx(url, (share) => shares.push(share), new AbortController().signal);
const loadData = (path: string, loadedBytes = 0, accepted?: readonly string[]) => {
  const { signal } = new AbortController();
  return newStore(accepted).loadData(`${ELSEWHERE}/models/a.onnx`, path, { loadedBytes, onShare: () => {}, signal });
};
const pinned = async (bytes: Uint8Array<ArrayBuffer> = BYTES) =>
  `${ELSEWHERE}/a.onnx#sha256=${await sha256Hex(bytes, crypto.subtle)}`;

test('a model is fetched from an allowed origin, without credentials or referrer', async () => {
  const shares: number[] = [];
  expect(await load(`${ELSEWHERE}/a.onnx`, undefined, shares)).toEqual(BYTES);
  expect(requests[0]?.[1]).toMatchObject({ credentials: 'omit', referrerPolicy: 'no-referrer' });
  expect(shares.at(-1)).toBe(1);
  await load(`${BASE_URL.origin}/a.onnx`, [BASE_URL.origin]);
});

test.each([
  ['another origin', 'https://evil.example/a.onnx'],
  ['one whose name begins alike', `${ELSEWHERE}.evil.example/a.onnx`],
  ['another port', `${ELSEWHERE}:8443/a.onnx`],
  ['the same without https', 'http://models.example/a.onnx'],
  ['one that wants a name', 'https://user@models.example/a.onnx'],
])('nothing is fetched from %s', async (_, url) => {
  await expect(load(url)).rejects.toMatchObject({
    reason: 'unknown-model',
    message: expect.stringContaining('accept'),
  });
  expect(requests).toEqual([]);
});

test("one of the server's own models has one address: it is refused with another query", async () => {
  const own = new URL('own/a.onnx', BASE_URL).href;
  expect(await load(own, [])).toEqual(BYTES);
  await expect(load(`${own}?1`)).rejects.toMatchObject({
    reason: 'bad-input',
    message: expect.stringMatching(/\?.*\.$/),
  });
  expect(requests).toHaveLength(1);
});

test('what is downloaded is counted, also when it is refused afterwards', async () => {
  let received = 0;
  const onReceived = (newBytes: number) => {
    received += newBytes;
  };
  const store = server.store({ fetch: async () => answer(), onReceived });
  store.acceptModelsFrom = [ELSEWHERE];
  const loadOnnx = (url: string) => store.loadOnnx(url, () => {}, new AbortController().signal);
  await loadOnnx(`${ELSEWHERE}/a.onnx`);
  await expect(loadOnnx(await pinned(BYTES.slice(1)))).rejects.toMatchObject({ reason: 'unknown-model' });
  expect(received).toBe(2 * BYTES.byteLength);
});

test("the page's own worker may fetch from any safe origin", async () => {
  expect(await load('https://anywhere.example/a.onnx', null)).toEqual(BYTES);
  await expect(load('http://anywhere.example/a.onnx', null)).rejects.toMatchObject({ reason: 'unknown-model' });
});

test('a model named by its hash is kept, checked each time, and fetched again when it is damaged', async () => {
  const url = await pinned();
  await load(url);
  expect(await load(url)).toEqual(BYTES);
  expect(requests).toHaveLength(1);
  for (const [key, bytes] of server.caches.entries) server.caches.entries.set(key, bytes.slice(1));
  expect(await load(url)).toEqual(BYTES);
  expect(requests).toHaveLength(2);
});

test('a redirect is followed to allowed origins; of another one nothing is read, and the error names it', async () => {
  answer = () => redirected(`${ELSEWHERE}/b.onnx`);
  expect(await load(`${ELSEWHERE}/a.onnx`)).toEqual(BYTES);
  let isRead = false;
  const pull = () => {
    isRead = true;
  };
  answer = () => redirected('https://cdn.example/b.onnx', new ReadableStream({ pull }, { highWaterMark: 0 }));
  await expect(load(`${ELSEWHERE}/a.onnx`)).rejects.toMatchObject({
    reason: 'unknown-model',
    message: expect.stringMatching(/^models\.example redirects to https:\/\/cdn\.example\..*acceptModelsFrom/),
  });
  expect(isRead).toBe(false);
  answer = () => redirected('http://models.example/b.onnx');
  await expect(load(`${ELSEWHERE}/a.onnx`, null)).rejects.toMatchObject({ message: expect.stringContaining('https') });
});

test('content that does not match its hash is refused and not kept', async () => {
  await expect(load(await pinned(BYTES.slice(1)))).rejects.toMatchObject({ reason: 'unknown-model' });
  await expect(load(`${ELSEWHERE}/a.onnx#latest`)).rejects.toMatchObject({ reason: 'bad-input' });
  expect(server.caches.entries.size).toBe(0);
});

test('models without a hash are requested each time, and only a few are kept', async () => {
  await load(`${ELSEWHERE}/a.onnx`);
  await load(`${ELSEWHERE}/a.onnx`);
  expect(requests.map(([, init]) => init?.cache)).toEqual(['no-cache', 'no-cache']);
  expect(server.caches.entries.size).toBe(0);
  for (let n = 0; n <= MAX_KEPT_URL_MODELS; n++) {
    const bytes = Uint8Array.of(n);
    answer = () => new Response(bytes);
    await load(await pinned(bytes));
  }
  expect([...server.caches.entries.values()].map(([first]) => first)).toEqual([1, 2, 3, 4]);
});

test('a download that is cancelled ends at once, and is not tried again', async () => {
  const ending = new AbortController();
  let fetched: AbortSignal | null | undefined;
  const store = server.store({
    fetch: async (_input, init) => {
      fetched = init?.signal;
      return new Response(
        new ReadableStream({ start: (body) => fetched?.addEventListener('abort', () => body.error()) }),
      );
    },
  });
  store.acceptModelsFrom = [ELSEWHERE];
  const loading = store.loadOnnx(`${ELSEWHERE}/a.onnx`, () => {}, ending.signal);
  await expect.poll(() => fetched?.aborted).toBe(false);
  ending.abort();
  await expect(loading).rejects.toMatchObject({ reason: 'cancelled' });
  expect(fetched?.aborted).toBe(true);
  expect(server.clock.pending).toBe(0);
});

test('a model that is too large is given up', async () => {
  const chunk = new Uint8Array(1024 * 1024);
  let sent = 0;
  const body = new ReadableStream({
    pull(controller) {
      sent++;
      controller.enqueue(chunk);
    },
  });
  answer = () => new Response(body);
  await expect(load(`${ELSEWHERE}/a.onnx`)).rejects.toMatchObject({
    reason: 'too-large',
    message: expect.stringContaining('models of 4 MiB'),
  });
  expect(sent * chunk.byteLength).toBeLessThan(MAX_BYTES + 4 * chunk.byteLength);
});

test('a model that tells that it is too large is refused before it is read, and with it its files together', async () => {
  let isRead = false;
  const pull = (controller: ReadableStreamDefaultController) => {
    isRead = true;
    controller.close();
  };
  const told = (sizeBytes: number) => () =>
    new Response(new ReadableStream({ pull }, { highWaterMark: 0 }), {
      headers: { 'content-length': String(sizeBytes) },
    });
  answer = told(MAX_BYTES + 1);
  await expect(load(`${ELSEWHERE}/a.onnx`)).rejects.toMatchObject({ reason: 'too-large' });
  answer = told(10);
  await expect(loadData('a.bin', MAX_BYTES - 9)).rejects.toMatchObject({ reason: 'too-large' });
  expect(isRead).toBe(false);
});

test('weights in a file of their own come from beside the model, and from nowhere else', async () => {
  expect(await loadData('weights/a.onnx.data')).toEqual(BYTES);
  expect(requests.map(([url]) => url)).toEqual([`${ELSEWHERE}/models/weights/a.onnx.data`]);
  for (const path of ['../a.bin', '/a.bin', 'https://evil.example/a', '//evil.example/a', 'a/../../b', '', 'a b'])
    await expect(loadData(path)).rejects.toMatchObject({ reason: 'unknown-model' });
  await expect(loadData('a.bin', 0, [])).rejects.toMatchObject({ reason: 'unknown-model' });
  expect(requests).toHaveLength(1);
});
