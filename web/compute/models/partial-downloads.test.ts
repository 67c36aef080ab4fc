import { beforeEach, describe, expect, test } from 'vitest';
import { sha256Hex } from './download.ts';
import { MAX_PARTS, PART_BYTES, PartialFile } from './partial-downloads.ts';
import { BASE_URL, TestModelServer } from './test-model-server.ts';

const ELSEWHERE = 'https://models.example';
const FILE = new Uint8Array(3 * PART_BYTES).fill(1, PART_BYTES);
const HALF = 1.5 * PART_BYTES;

let server: TestModelServer;
let file: Uint8Array<ArrayBuffer>;
/** The Range header of each request. */
let ranges: (string | null)[];
/** Bytes after which the connection breaks. */
let breaksAfter: number;
let refusesRanges: 'never' | 'ignores' | 'fails';
/** Names the content, weakly where it begins so. */
let etagPrefix: '' | 'W/';
/** What answers in place of the file. */
let instead: (() => Response) | null;

beforeEach(() => {
  server = new TestModelServer();
  file = FILE;
  ranges = [];
  breaksAfter = HALF;
  refusesRanges = 'never';
  instead = null;
  etagPrefix = '';
});

async function load(url: string): Promise<{ isWhole: boolean; shares: number[] }> {
  const shares: number[] = [];
  const store = server.store({ maxModelBytes: 2 * FILE.byteLength, fetch: answer });
  store.acceptModelsFrom = [ELSEWHERE];
  const bytes = await store.loadOnnx(url, (share) => shares.push(share), new AbortController().signal);
  // toEqual takes seconds for so many.
  return { isWhole: Buffer.compare(bytes, file) === 0, shares };
}

const answer: typeof globalThis.fetch = async (_input, init) => {
  const headers = new Headers(init?.headers);
  const range = headers.get('range');
  ranges.push(range);
  if (instead) return instead();
  if (range && refusesRanges === 'fails') throw new TypeError('Failed to fetch');
  const etag = `${etagPrefix}"${file.at(-1)}"`;
  const ifRange = headers.get('if-range');
  const isSame = ifRange === null || (ifRange === etag && etagPrefix === '');
  const from = range && isSame && refusesRanges === 'never' ? Number(/\d+/.exec(range)?.[0]) : 0;
  const body = breaking(file.subarray(from), breaksAfter);
  const length = { 'content-length': String(file.byteLength - from), etag };
  return from > 0
    ? new Response(body, {
        status: 206,
        headers: { ...length, 'content-range': `bytes ${from}-${file.byteLength - 1}/${file.byteLength}` },
      })
    : new Response(body, { headers: length });
};

/** Sends a megabyte at a time and breaks. */
function breaking(bytes: Uint8Array, afterBytes: number): ReadableStream<Uint8Array> {
  let sent = 0;
  return new ReadableStream({
    pull(controller) {
      if (sent >= afterBytes) return controller.error(new TypeError('network error'));
      if (sent >= bytes.byteLength) return controller.close();
      const next = Math.min(bytes.byteLength, sent + 2 ** 20);
      controller.enqueue(bytes.slice(sent, next));
      sent = next;
    },
  });
}

async function broken(url: string): Promise<void> {
  await expect(load(url)).rejects.toThrow(/broke off the download/);
  breaksAfter = Number.POSITIVE_INFINITY;
}

describe.each([
  ['named by its hash', async () => `${ELSEWHERE}/a.onnx#sha256=${await sha256Hex(FILE, crypto.subtle)}`],
  ['named by its server', async () => `${ELSEWHERE}/a.onnx`],
])('the download of a large model %s', (_, urlOf) => {
  test('goes on where it broke, also in another visit, and leaves nothing behind', async () => {
    const url = await urlOf();
    await broken(url);
    const { isWhole, shares } = await load(url);
    expect({ isWhole, ranges }).toEqual({ isWhole: true, ranges: [null, `bytes=${PART_BYTES}-`] });
    expect(shares[0]).toBeGreaterThan(1 / 3);
    expect([...server.caches.entries.keys()].filter((key) => key.includes('partial'))).toEqual([]);
  });

  test.each(['ignores', 'fails'] as const)('begins anew where the server %s requests for a part', async (how) => {
    const url = await urlOf();
    await broken(url);
    refusesRanges = how;
    expect(await load(url)).toMatchObject({ isWhole: true });
  });
});

test('a model that was changed on its server meanwhile is not mixed with what came of the old one', async () => {
  await broken(`${ELSEWHERE}/a.onnx`);
  file = new Uint8Array(FILE.byteLength).fill(9);
  expect(await load(`${ELSEWHERE}/a.onnx`)).toMatchObject({ isWhole: true });
});

test.each<[string, () => Response, boolean]>([
  ['an overloaded host', () => new Response('', { status: 429 }), true],
  ['a proxy whose server is away', () => new Response('', { status: 502 }), true],
  ['a host under maintenance', () => new Response('', { status: 503 }), true],
  ['the login page of a network', () => new Response('', { headers: { 'content-type': 'text/html' } }), true],
  ['a host that has the file no longer', () => new Response('', { status: 404 }), false],
  ['a host that will never have it again', () => new Response('', { status: 410 }), false],
  ['a host whose file is too large', () => new Response('', { headers: { 'content-length': '1e9' } }), false],
])('after the answer of %s what was kept stays only where it may still be of use', async (_, answerOf, stays) => {
  await broken(`${ELSEWHERE}/a.onnx`);
  instead = answerOf;
  await expect(load(`${ELSEWHERE}/a.onnx`)).rejects.toThrow();
  instead = null;
  ranges = [];
  expect(await load(`${ELSEWHERE}/a.onnx`)).toMatchObject({ isWhole: true });
  expect(ranges).toEqual([stays ? `bytes=${PART_BYTES}-` : null]);
});

test.each([
  ['with a hash goes on', true],
  ['without one begins anew', false],
])('the download from a server that names its files only weakly %s', async (_, isHashed) => {
  etagPrefix = 'W/';
  const url = `${ELSEWHERE}/a.onnx${isHashed ? `#sha256=${await sha256Hex(FILE, crypto.subtle)}` : ''}`;
  await broken(url);
  const { isWhole, shares } = await load(url);
  expect({ isWhole, goesOn: (shares[0] ?? 0) > 1 / 3 }).toEqual({ isWhole: true, goesOn: isHashed });
  expect(ranges).toEqual([null, isHashed ? `bytes=${PART_BYTES}-` : null]);
});

test('a model whose kept part is damaged is fetched once more, whole, before it is refused', async () => {
  const url = `${ELSEWHERE}/a.onnx#sha256=${await sha256Hex(FILE, crypto.subtle)}`;
  await broken(url);
  for (const [key, bytes] of server.caches.entries)
    if (bytes.byteLength === PART_BYTES) server.caches.entries.set(key, bytes.slice().fill(7));
  expect(await load(url)).toMatchObject({ isWhole: true });
  expect(ranges).toEqual([null, `bytes=${PART_BYTES}-`, null]);
});

/** Of one file, as another tab or another visit sees it. Parts have 10 bytes at least. */
const partialFile = (id = 'one') =>
  new PartialFile({ caches: server.caches.storage, baseUrl: BASE_URL, id, isHashed: true, partBytes: 10 });

async function begun(fill: number, partSizes: readonly number[]): Promise<PartialFile> {
  const one = partialFile();
  await one.begin(new Response());
  for (const sizeBytes of partSizes) await one.add(new Uint8Array(sizeBytes).fill(fill));
  return one;
}

/** The bytes that are kept, as they would be joined. */
async function keptBytes(): Promise<number[]> {
  return (await partialFile().kept())?.parts.flatMap((part) => [...part]) ?? [];
}

test('two tabs that download the same file do not mix what they keep', async () => {
  const first = await begun(1, [10]);
  const second = await begun(2, [10]);
  for (let n = 0; n < 2; n++) await first.add(new Uint8Array(10).fill(1));
  expect(await keptBytes()).toEqual(Array(10).fill(2));
  await second.add(new Uint8Array(10).fill(2));
  expect(await keptBytes()).toEqual(Array(20).fill(2));
});

test('two tabs that go on with the same download, in parts of different sizes, leave no gap and nothing twice', async () => {
  await begun(0, [10]);
  const [first, second] = [partialFile(), partialFile()];
  for (const one of [first, second]) await one.kept();
  const add = (one: PartialFile, from: number, to: number) =>
    one.add(Uint8Array.from({ length: to - from }, (_, at) => from + at));
  await add(first, 10, 20);
  await add(first, 20, 30);
  await add(second, 10, 23);
  await add(second, 23, 33);
  expect(await keptBytes()).toEqual([...Array(10).fill(0), ...Array.from({ length: 23 }, (_, at) => 10 + at)]);
});

test('what is left of a download whose beginning was dropped is deleted with the next one, and not joined to it', async () => {
  await begun(1, [10, 10, 10]);
  for (const key of [...server.caches.entries.keys()].slice(0, 2)) server.caches.entries.delete(key);
  expect(await keptBytes()).toEqual([]);
  await begun(2, [10]);
  expect(await keptBytes()).toEqual(Array(10).fill(2));
  expect(server.caches.entries.size).toBe(2);
  await partialFile().clear();
  expect(server.caches.entries.size).toBe(0);
});

test('what is kept of broken downloads is bounded', async () => {
  for (let n = 0; n < MAX_PARTS; n++) {
    const one = partialFile(`${n}`);
    await one.begin(new Response());
    for (let part = 0; part < 2; part++) await one.add(new Uint8Array(10));
  }
  expect(server.caches.entries.size).toBe(MAX_PARTS);
});
