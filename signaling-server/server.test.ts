import { writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterEach, expect, test } from 'vitest';
import { createServer } from './server.ts';
import { IDLE_STATUS, TestBed, testConfig } from './test-server.ts';

const bed = new TestBed();
afterEach(() => bed.end());

test('a stop finishes the joins in progress and does not wait for connections that never send anything', async () => {
  const { url, port, close } = await bed.server();
  const mute = connect(port, '127.0.0.1');
  await new Promise((resolve) => mute.once('connect', resolve));
  const ended = new Promise((resolve) => mute.once('close', resolve));
  mute.on('error', () => {});
  const page = bed.page(url);
  const joining = page.join();
  await new Promise<void>((resolve) => page.socket.once('connect', resolve));
  await close();
  expect((await joining).resumed).toBe(false);
  await ended;
});

test('a stop ends a kept-alive connection as soon as its response is sent', async () => {
  const pagesDir = await bed.folder();
  await writeFile(join(pagesDir, 'index.html'), '');
  await writeFile(join(pagesDir, 'large.bin'), Buffer.alloc(8 * 1024 * 1024));
  const { port, close } = await bed.server({ pagesDir });
  const client = connect(port, '127.0.0.1');
  client.write('GET /large.bin HTTP/1.1\r\nHost: localhost\r\n\r\n');
  await new Promise((resolve) => client.once('data', resolve));
  client.pause();
  const startedAtMs = performance.now();
  const closed = close();
  client.resume();
  await closed;
  // Node keeps it for five seconds.
  expect(performance.now() - startedAtMs).toBeLessThan(4_500);
});

test('the log contains no room name, key, token or session description, and nothing that a stranger wrote', async () => {
  let logged = '';
  const write = (line: string) => {
    logged += line;
  };
  const log = pino({ level: 'trace' }, { write });
  const server = await createServer(testConfig(), { log });
  const { url } = await server.listen();
  const [gamer, volunteer] = [bed.page(url), bed.page(url)];
  const { room, pass, id } = await gamer.join({ name: 'private name' });
  const status = { ...IDLE_STATUS, tasks: ['private task'] };
  const { id: volunteerId } = await volunteer.join({ room, role: 'volunteer', name: 'private PC', status });
  await gamer.signal(volunteerId, 0, 'v=0 private address');
  const accusation = { volunteerId, work: 'stream', reason: 'verify-failed' };
  expect(await gamer.ask('accuse', accusation)).toMatchObject({ ok: true });
  for (const words of [{ work: 'private work' }, { reason: 'private words' }, { why: 'private words' }])
    expect(await gamer.ask('accuse', { ...accusation, ...words })).toMatchObject({ ok: false });
  const invited = await gamer.ask<{ token: string }>('invite', { role: 'gamer', expiresInS: 60 });
  await gamer.tryJoin({ invite: 'private token' });
  await gamer.ask('leave');
  await server.close();
  expect(logged).toContain(id);
  expect(logged).toContain('a volunteer was reported');
  const token = invited.ok ? invited.value.token : 'no token';
  for (const secret of [room, pass, token, gamer.sessionKey, 'private']) expect(logged).not.toContain(secret);
});
