import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { keptPort } from '../signaling-server/test-server.ts';
import { expect, testWithOwnServer as test } from './fixtures.ts';
import { choosePicture, linkOf } from './gamer-page.ts';
import { hasProxy, startNginx } from './proxies.mjs';
import { startServer } from './server.ts';

test('under a path that a server shares with others, the gamer page meets the volunteer it invites, an example runs, and without WebSockets it polls', {
  tag: '@long',
}, async ({ context }) => {
  // biome-ignore lint/suspicious/noSkippedTests: only Debian's root can install nginx here.
  test.skip(!hasProxy('nginx'), 'There is no nginx here: apt-get install nginx-light.');
  const server = await startServer({ env: { TRUSTED_PROXIES: '1' } });
  const folder = await mkdtemp(join(tmpdir(), 'p2c2r-'));
  const port = await keptPort();
  const headers =
    'proxy_http_version 1.1; proxy_set_header Host $host; proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection $connection_upgrade;';
  const stopProxy = await startNginx(
    folder,
    `server { listen 127.0.0.1:${port}; location /p2c2r/ { ${headers} proxy_pass ${server.url}; } location /blocked/ { proxy_set_header Host $host; proxy_pass ${server.url}; } }`,
    [port],
  );
  try {
    const base = `http://127.0.0.1:${port}/p2c2r/`;
    const gamer = await context.newPage();
    const outside: string[] = [];
    context.on('request', (request) => {
      if (request.url().startsWith('http') && !request.url().startsWith(base)) outside.push(request.url());
    });
    await gamer.goto(base);
    await gamer.getByRole('link', { name: 'I want to play' }).click();
    await choosePicture(gamer);
    const link = await linkOf(gamer);
    expect(link).toContain(`${base}volunteer#`);
    const volunteer = await context.newPage();
    await volunteer.goto(link);
    await volunteer.getByRole('button', { name: 'Start' }).click();
    await expect(gamer.locator('.volunteers__name')).toHaveCount(1);
    // The example imports the SDK as pages of other people do.
    const example = await context.newPage();
    await example.goto(`${base}examples/upscale.html`);
    await expect(example.locator('#status')).toHaveText(/^320x200 to 640x400 in \d+ ms/);
    const check = await context.newPage();
    await check.goto(`${base}check`);
    await expect(check.getByTestId('step-server')).toContainText('Reached by WebSocket');
    expect(outside).toEqual([]);
    // The same without WebSockets: the page polls, says so, and has a room all the same.
    const blocked = await context.newPage();
    await blocked.goto(`http://127.0.0.1:${port}/blocked/gamer`);
    await choosePicture(blocked);
    await expect(blocked.getByTestId('polling')).toContainText('This network blocks WebSockets');
    expect(await linkOf(blocked)).toContain('/blocked/volunteer#');
    const opening = context.waitForEvent('page');
    await blocked.getByTestId('polling').getByTestId('check').click();
    await expect((await opening).getByTestId('step-server')).toContainText('Reached by polling');
  } finally {
    await stopProxy();
    await server.stop();
    await rm(folder, { recursive: true });
  }
});
