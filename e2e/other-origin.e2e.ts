import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from './fixtures.ts';
import { runThereAndHere, startVolunteer } from './foreign-page.ts';
import { startServer } from './server.ts';

/** A game's own site, on another origin than our server. */
async function startSite(): Promise<{ origin: string; stop(): void }> {
  const site = createServer((_, response) => response.setHeader('content-type', 'text/html').end('<h1>A game</h1>'));
  await new Promise<void>((resolve) => site.listen(0, 'localhost', resolve));
  const { port } = site.address() as AddressInfo;
  return { origin: `http://localhost:${port}`, stop: () => site.close() };
}

test('a page of an allowed origin imports the SDK from our server and runs tasks in its workers', async ({
  context,
}) => {
  const site = await startSite();
  const server = await startServer({ env: { ALLOWED_ORIGINS: site.origin } });
  try {
    const module = new URL('/p2c2r.js', server.url).href;
    const [volunteer, gamer] = [await context.newPage(), await context.newPage()];
    for (const page of [volunteer, gamer]) await page.goto(site.origin);
    await startVolunteer(volunteer, module, 'abroad');
    const ranOn = await runThereAndHere(gamer, module, 'abroad');
    expect(ranOn).toEqual({ there: expect.stringMatching(/^[\w-]{22}$/), here: 'local', width: 16 });
  } finally {
    await server.stop();
    site.stop();
  }
});

test('a page of another origin gets the complete files of the networks, and learns which are missing', async ({
  context,
  server,
}) => {
  const site = await startSite();
  try {
    const page = await context.newPage();
    await page.goto(site.origin);
    const { listed, found, missing } = await page.evaluate(async (folder) => {
      const { models } = await (await fetch(`${folder}manifest.json`)).json();
      const listed = models.flatMap(({ files }: { files: object }) => Object.values(files));
      const found = [];
      for (const { path } of listed) {
        const response = await fetch(folder + path);
        const bytes = await response.arrayBuffer();
        const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
        const sha256 = [...hash].map((byte) => byte.toString(16).padStart(2, '0')).join('');
        found.push({ path, bytes: bytes.byteLength, sha256 });
      }
      const missing = (await fetch(`${folder}gone.bin`)).status;
      return { listed, found, missing };
    }, new URL('/models/', server.url).href);
    expect(listed.length).toBeGreaterThan(0);
    expect(found).toEqual(listed);
    expect(missing).toBe(404);
  } finally {
    site.stop();
  }
});

test('a page of any other origin learns that the server does not answer it', async ({ context, server }) => {
  const site = await startSite();
  try {
    const page = await context.newPage();
    await page.goto(site.origin);
    const reason = await page.evaluate(async (url) => {
      const { GamerClient } = await import(url);
      return GamerClient.connect().then(
        () => 'no error',
        (error: { reason: string }) => error.reason,
      );
    }, new URL('/p2c2r.js', server.url).href);
    expect(reason).toBe('signaling-unreachable');
  } finally {
    site.stop();
  }
});
