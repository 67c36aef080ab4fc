import { createReadStream } from 'node:fs';
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { IncomingMessage, ServerResponse } from 'node:http';
import { connect, Socket } from 'node:net';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { PROTOCOL_VERSION } from '../../shared/signaling.ts';
import { StartError } from '../boot/listening.ts';
import { eventually, TestBed } from '../test-server.ts';
import { destroyFileWith } from './pages.ts';

const bed = new TestBed();
let pagesDir: string;
beforeEach(async () => {
  const folder = await bed.folder();
  await writeFile(join(folder, 'secret.txt'), 'not for visitors');
  pagesDir = join(folder, 'pages');
  await mkdir(join(pagesDir, 'assets'), { recursive: true });
  await mkdir(join(pagesDir, 'models'));
  await mkdir(join(pagesDir, 'docs/api'), { recursive: true });
  await mkdir(join(folder, 'pages-of-another'));
  await writeFile(join(folder, 'pages-of-another', 'index.html'), 'not for visitors');
  const files = {
    'index.html': '<!doctype html>start',
    'gamer.html': '<!doctype html>gamer',
    'volunteer.html': '<!doctype html>volunteer',
    'p2c2r.js': 'export {};',
    'assets/page-Ab3_-xYz.js': 'code',
    'assets/page-Ab3_-xYz.js.map': '{}',
    'assets/volunteer.worker-12345678.js': 'worker',
    'assets/ort-12345678.wasm': 'wasm',
    'assets/kernel-12345678.wgsl': 'wgsl',
    'assets/empty-12345678.css': '',
    'docs/index.html': '<!doctype html>documents',
    'docs/sdk.html': '<!doctype html>sdk',
    'docs/docs.css': '',
    'docs/api/index.html': '<!doctype html>types',
    'models/manifest.json': '{}',
    'models/fast.bin': 'weights',
    'models/fast.fp16.onnx': 'network',
    '.hidden': 'not for visitors',
  };
  for (const [name, text] of Object.entries(files)) await writeFile(join(pagesDir, name), text);
});
afterEach(() => bed.end());

test.each([
  ['/', 'text/html; charset=utf-8', '<!doctype html>start'],
  ['/gamer', 'text/html; charset=utf-8', '<!doctype html>gamer'],
  ['/volunteer?from=mail', 'text/html; charset=utf-8', '<!doctype html>volunteer'],
  ['/docs/', 'text/html; charset=utf-8', '<!doctype html>documents'],
  ['/docs/sdk', 'text/html; charset=utf-8', '<!doctype html>sdk'],
  ['/p2c2r.js', 'text/javascript; charset=utf-8', 'export {};'],
  ['/assets/page-Ab3_-xYz.js', 'text/javascript; charset=utf-8', 'code'],
  ['/assets/page-Ab3_-xYz.js.map', 'application/json; charset=utf-8', '{}'],
  ['/assets/ort-12345678.wasm', 'application/wasm', 'wasm'],
  ['/assets/kernel-12345678.wgsl', 'text/wgsl; charset=utf-8', 'wgsl'],
  ['/assets/empty-12345678.css', 'text/css; charset=utf-8', ''],
  ['/models/manifest.json', 'application/json; charset=utf-8', '{}'],
  ['/models/fast.bin', 'application/octet-stream', 'weights'],
  ['/models/fast.fp16.onnx', 'application/octet-stream', 'network'],
])('%s is served as %s', async (path, type, body) => {
  const { url } = await bed.server({ pagesDir });
  const response = await fetch(new URL(path, url));
  expect(response.status).toBe(200);
  expect(response.headers.get('content-type')).toBe(type);
  expect(response.headers.get('content-length')).toBe(String(body.length));
  expect(await response.text()).toBe(body);
  const hashed = path.startsWith('/assets/');
  expect(response.headers.get('cache-control')).toBe(hashed ? 'public, max-age=31536000, immutable' : 'no-cache');
  const shared = hashed || path.startsWith('/models/') || path === '/p2c2r.js';
  expect(response.headers.get('access-control-allow-origin')).toBe(shared ? '*' : null);
  expect(response.headers.get('cross-origin-resource-policy')).toBe(shared ? 'cross-origin' : 'same-origin');

  const head = await fetch(new URL(path, url), { method: 'HEAD' });
  expect([head.status, head.headers.get('content-length'), await head.text()]).toEqual([200, String(body.length), '']);
  const again = await fetch(new URL(path, url), { headers: { 'if-none-match': response.headers.get('etag') ?? '' } });
  expect([again.status, await again.text()]).toEqual([304, '']);
});

test('for the head of a file nothing of it is read, and one that was deleted harms nobody', async () => {
  const request = new IncomingMessage(new Socket());
  request.method = 'HEAD';
  const response = new ServerResponse(request);
  destroyFileWith(response);
  const file = createReadStream(join(pagesDir, 'deleted.js'));
  file.pipe(response);
  expect([file.destroyed, response.writableEnded]).toEqual([true, true]);
  await new Promise<void>((resolve) => file.once('close', () => resolve()));
});

test.each([
  ['/docs', 'docs/'],
  ['/docs?a=1', 'docs/?a=1'],
  ['/docs/api', 'api/'],
])('%s leads into the folder, so that the links of its page do too', async (path, location) => {
  const { url } = await bed.server({ pagesDir });
  const response = await fetch(new URL(path, url), { redirect: 'manual' });
  expect([response.status, response.headers.get('location')]).toEqual([308, location]);
});

test('every kind of response carries the same security policy, to which workers that fetch models add https, and does not name the server software', async () => {
  const { url, port } = await bed.server({ pagesDir });
  const policies = new Set<string | null>();
  const requests: [string, RequestInit][] = [
    ...['', 'gamer', 'p2c2r.js', 'assets/onnx.worker-12345678.js', 'healthz', 'missing', 'socket.io/'].map(
      (path): [string, RequestInit] => [path, {}],
    ),
    ['gamer', { method: 'POST' }],
  ];
  for (const [path, init] of requests) {
    const { headers } = await fetch(url + path, init);
    policies.add(headers.get('content-security-policy'));
    expect(headers.get('cross-origin-opener-policy'), path).toBe('same-origin');
    expect(headers.get('cross-origin-embedder-policy'), path).toBe('require-corp');
    expect(headers.get('x-content-type-options'), path).toBe('nosniff');
    expect(headers.get('x-powered-by'), path).toBeNull();
    expect(headers.get('strict-transport-security'), path).toBeNull();
  }
  expect(policies.size).toBe(1);
  const policy = [...policies][0]?.split(';') ?? [];
  expect(policy).toEqual([
    "default-src 'none'",
    "script-src 'self' 'wasm-unsafe-eval'",
    "style-src 'self'",
    "img-src 'self' blob: data:",
    "media-src 'self' blob:",
    "font-src 'self'",
    `connect-src 'self' ws://127.0.0.1:${port} wss://127.0.0.1:${port}`,
    "worker-src 'self' blob:",
    "frame-ancestors 'none'",
    "base-uri 'none'",
    "form-action 'none'",
  ]);
  for (const worker of ['volunteer', 'stream']) {
    const { headers } = await fetch(`${url}assets/${worker}.worker-C_WcSk-7.js?v=1`);
    const widened = policy.map((directive) =>
      directive.startsWith('connect-src') ? `${directive} https:` : directive,
    );
    expect(headers.get('content-security-policy')?.split(';')).toEqual(widened);
  }
});

test('a page of another origin can read that a model file is missing, and which ones exist', async () => {
  const { url } = await bed.server({ pagesDir });
  const response = await fetch(new URL('/models/gone.bin', url));
  expect([response.status, response.headers.get('access-control-allow-origin')]).toEqual([404, '*']);
  expect(await response.text()).toContain('/models/manifest.json');
});

/** Sends a request exactly as written: `fetch` would normalize its path. */
function raw(port: number, request: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(request));
    let answer = '';
    socket.on('data', (bytes) => {
      answer += bytes;
    });
    socket.on('end', () => resolve(answer));
    socket.on('error', reject);
  });
}

test('no spelling of a path leads out of the folder of pages', async () => {
  const { port } = await bed.server({ pagesDir });
  const paths = [
    '/../secret.txt',
    '/..%2fsecret.txt',
    '/%2e%2e/secret.txt',
    '/%2e%2e%2fsecret.txt',
    '/..\\secret.txt',
    '/assets/../../secret.txt',
    '/../pages-of-another/index.html',
    '/%00',
    '/%',
    '//secret.txt',
    '/./../secret.txt',
    'http://127.0.0.1/../secret.txt',
    '/.hidden',
    '/assets',
    '/assets/',
  ];
  for (const path of paths) {
    const answer = await raw(port, `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n`);
    expect(answer, path).toMatch(/^HTTP\/1.1 404 /);
    expect(answer, path).not.toContain('not for visitors');
  }
});

test('a Host header cannot add directives to the policy', async () => {
  const { port } = await bed.server({ pagesDir, allowedHosts: ['*'] });
  for (const host of ["evil.example; script-src 'unsafe-inline'", 'evil.example *', "a' 'unsafe-eval"]) {
    const answer = await raw(port, `GET / HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);
    expect(answer).toMatch(/^HTTP\/1.1 200 /);
    expect(answer).toContain("connect-src 'self' 'self';");
    expect(answer).not.toMatch(/unsafe-inline| 'unsafe-eval|evil/);
  }
});

test('/healthz reports version, uptime and counts', async () => {
  const { url } = await bed.server();
  await bed.page(url).join({ role: 'volunteer' });
  const response = await fetch(`${url}healthz`);
  expect(response.headers.get('content-type')).toBe('application/json; charset=utf-8');
  expect(await response.json()).toEqual({
    status: 'ok',
    lobby: false,
    relay: false,
    version: expect.stringMatching(/^\d+\.\d+\.\d+/),
    protocolVersion: PROTOCOL_VERSION,
    uptimeS: expect.any(Number),
    counts: { sockets: 1, rooms: 1, gamers: 0, volunteers: 1 },
  });
});

test.each([
  [{ turnUrls: ['turn:turn.example:3478'], turnSecret: 'sixteen characters' }, true],
  [{ iceServers: [{ urls: ['stun:stun.example', 'turns:turn.example'], username: 'u', credential: 'c' }] }, true],
  [{ iceServers: [{ urls: 'stun:stun.example' }] }, false],
])('/healthz tells whether there is a relay to hide addresses: %j', async (config, relay) => {
  const { url } = await bed.server(config);
  expect(await (await fetch(`${url}healthz`)).json()).toMatchObject({ relay });
});

test('other methods get 405, unknown paths 404', async () => {
  const { url } = await bed.server({ pagesDir });
  const post = await fetch(url, { method: 'POST', body: 'x' });
  expect([post.status, post.headers.get('allow')]).toEqual([405, 'GET, HEAD']);
  const missing = await fetch(`${url}nowhere`);
  expect([missing.status, missing.headers.get('content-type')]).toEqual([404, 'text/plain; charset=utf-8']);
});

test('a Host header cannot add elements to a page', async () => {
  await writeFile(join(pagesDir, 'gamer.html'), '<meta property="og:image" content="./link-picture.png" />');
  const { port } = await bed.server({ pagesDir, allowedHosts: ['*'] });
  const host = '"><script>alert(1)</script>';
  const answer = await raw(port, `GET /gamer HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);
  expect(answer).toContain('content="./link-picture.png"');
  expect(answer).not.toContain('<script>');
});

test('without built pages, or after they were deleted, visitors learn what to do and the server keeps running', async () => {
  const without = await bed.server({ pagesDir: join(pagesDir, 'not built') });
  const page = await fetch(without.url);
  expect([page.status, await page.text()]).toEqual([503, expect.stringContaining('npm start')]);
  expect((await fetch(`${without.url}healthz`)).status).toBe(200);

  const deleted = await bed.server({ pagesDir });
  await rm(join(pagesDir, 'p2c2r.js'));
  await expect(fetch(`${deleted.url}p2c2r.js`)).rejects.toThrow();
  expect((await fetch(`${deleted.url}gamer`)).status).toBe(200);
  await rm(pagesDir, { recursive: true });
  expect((await fetch(`${deleted.url}gamer`)).status).toBe(503);
});

test('the rest of a file is given to who asks for it; other ranges get the whole file, a valid answer', async () => {
  const { url } = await bed.server({ pagesDir });
  const rest = await fetch(`${url}models/fast.bin`, { headers: { range: 'bytes=3-' } });
  expect([rest.status, rest.headers.get('content-range'), await rest.text()]).toEqual([206, 'bytes 3-6/7', 'ghts']);
  expect((await fetch(`${url}models/fast.bin`, { headers: { range: 'bytes=7-' } })).status).toBe(416);
  const named = await fetch(`${url}models/fast.bin`, { headers: { range: 'bytes=3-', 'if-range': '"1"' } });
  expect([named.status, await named.text()]).toEqual([200, 'weights']);
  for (const range of ['bytes=0-0', 'bytes=-2', 'bytes=9-1', 'nonsense']) {
    const response = await fetch(`${url}models/fast.bin`, { headers: { range } });
    expect([response.status, await response.text()]).toEqual([200, 'weights']);
  }
});

test('a client that disconnects in the middle of a file ends only its own request, and the file is closed', async () => {
  await writeFile(join(pagesDir, 'assets', 'large-12345678.wasm'), Buffer.alloc(8 * 1024 * 1024));
  const { url, port } = await bed.server({ pagesDir });
  const openFiles = async () => (await readdir('/proc/self/fd').catch(() => [])).length;
  const openBefore = await openFiles();
  for (let times = 0; times < 20; times++) {
    await new Promise<void>((resolve) => {
      const socket = connect(port, '127.0.0.1', () =>
        socket.write('GET /assets/large-12345678.wasm HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n'),
      );
      socket.once('data', () => socket.destroy());
      socket.once('close', () => resolve());
    });
  }
  await eventually('the server answers', async () => (await fetch(`${url}gamer`)).ok);
  await eventually('the files are closed', async () => (await openFiles()) < openBefore + 10);
});

test('models of the operator are served from their folder, and nothing else that lies there', async () => {
  const models = join(dirname(pagesDir), 'models');
  await mkdir(join(models, 'Smol', 'onnx'), { recursive: true });
  await writeFile(join(models, 'Smol', 'tokenizer.json'), '{}');
  await writeFile(join(models, 'Smol', 'onnx', 'model.onnx'), 'weights');
  await writeFile(join(models, 'Smol', 'notes.txt'), 'private');
  const { url } = await bed.server({ pagesDir, modelsDir: models });
  const get = (path: string) => fetch(new URL(`/models/own/${path}`, url));
  expect(await (await get('Smol/onnx/model.onnx')).text()).toBe('weights');
  const tokenizer = await get('Smol/tokenizer.json');
  expect(await tokenizer.json()).toEqual({});
  expect(tokenizer.headers.get('access-control-allow-origin')).toBe('*');
  for (const path of ['Smol/notes.txt', 'Smol/gone.onnx', '..%2fpages/p2c2r.js', 'Smol/'])
    expect((await get(path)).status).toBe(404);
});

test('the download of a model of the operator goes on where it broke', async () => {
  const models = await bed.folder();
  await writeFile(join(models, 'model.onnx'), 'weights');
  const { url } = await bed.server({ pagesDir, modelsDir: models });
  const get = (headers: HeadersInit) => fetch(new URL('/models/own/model.onnx', url), { headers });
  const rest = await get({ range: 'bytes=3-' });
  expect([rest.status, rest.headers.get('content-range'), await rest.text()]).toEqual([206, 'bytes 3-6/7', 'ghts']);
  for (const headers of [{ range: 'bytes=0-0' }, { range: 'bytes=3-', 'if-range': rest.headers.get('etag') ?? '' }]) {
    const whole = await get(headers);
    expect([whole.status, await whole.text()]).toEqual([200, 'weights']);
  }
});

test.each(['gone', 'a-file'])('a server whose MODELS_DIR is %s does not start, and says why', async (name) => {
  const folder = await bed.folder();
  await writeFile(join(folder, 'a-file'), '');
  const starting = bed.server({ pagesDir, modelsDir: join(folder, name) });
  await expect(starting).rejects.toThrow(StartError);
  await expect(starting).rejects.toThrow(/^MODELS_DIR is /);
});
