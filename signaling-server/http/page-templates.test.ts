import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { TestBed } from '../test-server.ts';

const bed = new TestBed();
let pagesDir: string;
beforeEach(async () => {
  pagesDir = await bed.folder();
  await writeFile(join(pagesDir, 'index.html'), '<!doctype html>start');
});
afterEach(() => bed.end());

test.each([
  ['the host of the request', {}, {}, (port: number) => `http://127.0.0.1:${port}/`],
  ['PUBLIC_URL, with its path', { publicUrl: 'https://example.org/p2c2r/' }, {}, () => 'https://example.org/p2c2r/'],
  [
    'what a proxy says',
    { trustedProxies: 1 },
    { 'x-forwarded-host': 'play.example', 'x-forwarded-proto': 'https' },
    () => 'https://play.example/',
  ],
])('the picture that chats show beside a link has a whole address, by %s', async (_, config, headers, base) => {
  const text = '<meta property="og:image" content="./link-picture.png" />';
  await writeFile(join(pagesDir, 'gamer.html'), text);
  const { url, port } = await bed.server({ pagesDir, ...config });
  const whole = `<meta property="og:image" content="${base(port)}link-picture.png" />`;
  const response = await fetch(`${url}gamer`, { headers });
  expect(await response.text()).toBe(whole);
  expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8');
  const head = await fetch(`${url}gamer?x=1`, { method: 'HEAD', headers });
  expect([head.status, head.headers.get('content-length')]).toEqual([200, String(whole.length)]);
});

test('such a page is revalidated by its tag, also behind a proxy that compresses it, in a list of tags, and by any tag', async () => {
  await writeFile(join(pagesDir, 'gamer.html'), '<meta property="og:image" content="./link-picture.png" />');
  const { url } = await bed.server({ pagesDir });
  const etag = (await fetch(`${url}gamer`)).headers.get('etag') ?? '';
  expect(etag).toMatch(/^W\/"[\w-]{22}"$/);
  const strong = etag.slice(2);
  for (const [named, status] of [
    [etag, 304],
    [strong, 304],
    [`"other", W/"a, b" ,${etag}`, 304],
    ['*', 304],
    ['"other"', 200],
    [`"other${strong.slice(1)}`, 200],
    ['', 200],
  ] as const) {
    const again = await fetch(`${url}gamer`, { headers: { 'if-none-match': named } });
    expect([again.status, (await again.text()) === ''], named).toEqual([status, status === 304]);
  }
});

test('a person at a wrong address gets a page that leads on, from any folder; programs get plain words', async () => {
  await writeFile(join(pagesDir, '404.html'), '<link href="./assets/a.css" /><a href="./">home</a><a href="./gamer">');
  const { url } = await bed.server({ pagesDir });
  const get = (path: string, accept: string) => fetch(url + path, { headers: { accept } });
  for (const [path, up] of [
    ['nowhere', './'],
    ['nowhere?to=be', './'],
    ['nowhere/at-all', '../'],
    ['a/b/c', '../../'],
    ['a/b/c/', '../../../'],
    ['1/2/3/4/5/6/7/8', '../../../../../../../'],
  ] as const) {
    const response = await get(path, 'text/html,application/xhtml+xml,*/*;q=0.8');
    expect([response.status, response.headers.get('content-type')]).toEqual([404, 'text/html; charset=utf-8']);
    const text = await response.text();
    expect(text).toBe(`<link href="${up}assets/a.css" /><a href="${up}">home</a><a href="${up}gamer">`);
  }
  const program = await get('nowhere', '*/*');
  expect([program.status, await program.text()]).toEqual([404, expect.stringContaining('There is nothing here.')]);
});

test('a long path of slashes gets plain words, not a page many times its length', async () => {
  await writeFile(join(pagesDir, '404.html'), '<a href="./">home</a>'.repeat(13));
  const { url } = await bed.server({ pagesDir });
  for (const path of ['1/2/3/4/5/6/7/8/9', 'a/'.repeat(7_500), `${'/'.repeat(15_000)}a`]) {
    const response = await fetch(url + path, { headers: { accept: 'text/html' } });
    expect([response.status, response.headers.get('content-type')]).toEqual([404, 'text/plain; charset=utf-8']);
    expect((await response.text()).length).toBeLessThan(200);
  }
});
