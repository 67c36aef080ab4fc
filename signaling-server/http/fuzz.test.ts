import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { Agent, type IncomingMessage, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { TestBed } from '../test-server.ts';

/** The server answers any HTTP request with less than 500, at once, and goes on. SEED=n repeats a run; FUZZ_RUNS sets its length. */
const seed = Number(process.env.SEED ?? Date.now() % 1_000_000_000);
const numRuns = Number(process.env.FUZZ_RUNS ?? 1_500);
const TIMEOUT_MS = numRuns > 1_500 ? 1_800_000 : 60_000;

const bed = new TestBed();
const agent = new Agent({ keepAlive: true, maxSockets: 4 });
let folder: string;
let url: URL;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'p2c2r-fuzz-'));
  await mkdir(join(folder, 'models'));
  for (const name of ['index.html', 'gamer.html', 'volunteer.html', 'p2c2r.js', 'models/manifest.json']) {
    await writeFile(join(folder, name), name);
  }
  url = new URL((await bed.server({ pagesDir: folder })).url);
});
afterEach(async () => {
  await bed.end();
  await rm(folder, { recursive: true });
});

const PATHS = ['/', '/gamer', '/volunteer', '/status.json', '/metrics', '/healthz', '/readyz', '/p2c2r.js', '/models/'];
const segment = fc.oneof(
  fc.constantFrom('..', '.', '%2e%2e', '%00', '%ff', '%', '__proto__', '~', ';', 'con'),
  fc.string({ maxLength: 20 }).map(encodeURIComponent),
);
const path = fc.oneof(
  fc.constantFrom(...PATHS),
  fc.array(segment, { maxLength: 8 }).map((segments) => `/${segments.join('/')}`),
  fc
    .tuple(fc.constantFrom(...PATHS), fc.string({ maxLength: 40 }).map(encodeURIComponent))
    .map(([base, query]) => `${base}?${query}`),
  fc.integer({ min: 1, max: 8_000 }).map((length) => `/${'a'.repeat(length)}`),
);
/** What a header may hold: Node's client refuses to send anything else. */
const headerText = fc.string({
  unit: fc.integer({ min: 33, max: 126 }).map((code) => String.fromCharCode(code)),
  maxLength: 200,
});
const headerName = fc.constantFrom(
  'authorization',
  'origin',
  'range',
  'if-none-match',
  'accept-encoding',
  'x-forwarded-for',
  'cookie',
  'accept',
);
const method = fc.constantFrom('GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH', 'PROPFIND');
const body = fc.uint8Array({ maxLength: 2_000 });

test(
  'any HTTP request is answered, never by a failure of the server',
  async () => {
    await fc.assert(
      fc.asyncProperty(method, path, fc.dictionary(headerName, headerText, { maxKeys: 4 }), body, async (...given) => {
        expect(await statusOf(...given)).toBeLessThan(500);
      }),
      { seed, numRuns, endOnFailure: true },
    );
    expect(await statusOf('GET', '/healthz', {}, new Uint8Array())).toBe(200);
  },
  TIMEOUT_MS,
);

async function statusOf(
  method: string,
  path: string,
  headers: Record<string, string>,
  body: Uint8Array,
): Promise<number> {
  const { host, port, hostname } = url;
  const response = await new Promise<IncomingMessage | number>((resolve, reject) => {
    const sent = request({ agent, hostname, port, method, path, headers: { ...headers, host } }, resolve);
    // A kept connection may have been closed by the server just as it was used again; then the request is repeated, as by any client.
    sent.on('error', (cause) => (sent.reusedSocket ? resolve(statusOf(method, path, headers, body)) : reject(cause)));
    sent.end(method === 'GET' || method === 'HEAD' ? undefined : body);
  });
  if (typeof response === 'number') return response;
  response.resume();
  await new Promise((resolve) => response.once('close', resolve));
  return response.statusCode ?? Number.NaN;
}
