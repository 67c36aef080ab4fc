import { readdir, readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { socketAddress } from '../net/signaling-socket.ts';
import { serverOfModule } from './host-page.ts';

// A server may share its origin with others, under a path: no address of ours starts at the root.

test.each([
  ['https://play.example/p2c2r.js', 'https://play.example/'],
  ['https://example.org/p2c2r/p2c2r.js?v=1', 'https://example.org/p2c2r/'],
  ['https://example.org/p2c2r/assets/p2c2r-Ab3_-xYz.js', 'https://example.org/p2c2r/'],
  ['https://example.org/assets/p2c2r.js', 'https://example.org/'],
])('the SDK in %s belongs to the server at %s', (module, server) => expect(serverOfModule(module)).toBe(server));

test.each([
  ['https://play.example', 'https://play.example', '/socket.io/'],
  ['https://example.org/p2c2r', 'https://example.org', '/p2c2r/socket.io/'],
  ['http://localhost:8080/a/b/', 'http://localhost:8080', '/a/b/socket.io/'],
  ['play.example', 'play.example', undefined],
])('the sockets of %s are at %s, %s', (url, origin, path) => expect(socketAddress(url)).toEqual({ origin, path }));

/** Addresses in markup and in calls, but not those of tests. */
const FROM_ROOT =
  /(?:\b(?:href|src)=["']|\b(?:fetch|URL|assign|replace|import|open)\(['"`]|\bfrom ['"])\/(?!\/)[^\n]*/g;

test('no page, script or example names an address from the root of its origin', async () => {
  const found: string[] = [];
  for (const folder of ['web', 'examples']) {
    const root = fileURLToPath(new URL(`../../${folder}/`, import.meta.url));
    for (const file of await readdir(root, { recursive: true })) {
      if (!/\.(tsx?|js|html|css)$/.test(file) || /\btest\b/.test(file)) continue;
      const text = await readFile(root + file, 'utf8');
      for (const [address] of text.matchAll(FROM_ROOT)) found.push(`${folder}/${file}: ${address}`);
    }
  }
  // Lines for people to copy into pages of their own.
  const isText = (line: string) => line.startsWith('web/index.html: from ');
  expect(found.filter((line) => !isText(line))).toEqual([]);
});
