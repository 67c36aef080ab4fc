// A page whose Content-Security-Policy forbids WebAssembly: all work is still done, by the reference in JavaScript, and the page says why.
import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import { Transform } from 'node:stream';
import { test as base, expect, openSdk, waitForVolunteers } from './fixtures.ts';

const ALLOWING = "script-src 'self' 'wasm-unsafe-eval'";
/** Of the same length, so that it can take the place of the other in any stream of bytes. */
const FORBIDDING = "script-src 'self'".padEnd(ALLOWING.length);

/**
 * A proxy of the server whose pages and workers have a policy that is ours but for WebAssembly. The browser takes pages that a test answers itself
 * for pages of another network, and would not let them connect to this machine.
 */
async function startForbidding(serverUrl: string): Promise<{ url: string; stop(): void }> {
  const proxy = createServer((browser) => {
    const server = connect(Number(new URL(serverUrl).port), 'localhost');
    const rewriting = new Transform({
      transform(bytes: Buffer, _encoding, done) {
        done(null, Buffer.from(bytes.toString('latin1').replaceAll(ALLOWING, FORBIDDING), 'latin1'));
      },
    });
    server.pipe(rewriting).pipe(browser).pipe(server);
    server.on('error', () => browser.destroy());
    browser.on('error', () => server.destroy());
    browser.on('close', () => server.destroy());
  });
  proxy.listen(0, 'localhost');
  await once(proxy, 'listening');
  return { url: `http://localhost:${(proxy.address() as AddressInfo).port}/`, stop: () => proxy.close() };
}

const test = base.extend<{ forbiddingUrl: string }>({
  forbiddingUrl: async ({ server }, use) => {
    const { url, stop } = await startForbidding(server.url);
    await use(url);
    stop();
  },
});

test('where a page’s policy forbids WebAssembly, tasks and streams are computed without it and the adapter says why', async ({
  context,
  forbiddingUrl,
  roomOf,
}) => {
  const [volunteer, gamer] = [await context.newPage(), await context.newPage()];
  for (const page of [volunteer, gamer]) {
    await openSdk(page, forbiddingUrl);
    // The smallest module: a policy that allows it would make this test prove nothing.
    const isForbidden = await page.evaluate(() =>
      WebAssembly.compile(Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0)).then(
        () => false,
        () => true,
      ),
    );
    expect(isForbidden).toBe(true);
  }
  const room = roomOf('forbidden');
  const { adapter, backends } = await volunteer.evaluate(
    async (start) => {
      window.node = await window.sdk.VolunteerNode.start(start);
      return window.node.capabilities;
    },
    { room },
  );
  expect(adapter).toContain('in plain JavaScript, since WebAssembly is forbidden here');
  expect(adapter).toContain("Content-Security-Policy must allow 'wasm-unsafe-eval'");
  expect(backends.upscale?.backend).toBe('js');

  await gamer.evaluate(
    async (connect) => {
      window.client = await window.sdk.GamerClient.connect(connect);
    },
    { room },
  );
  await waitForVolunteers(gamer, 1);
  const sizes = await gamer.evaluate(async () => {
    const image = { width: 8, height: 8, data: new Uint8ClampedArray(256).fill(200) };
    const ends = (['volunteers', 'local'] as const).map(
      (where) => window.client.submitTask('upscale', { image, quality: 'spatial' }, { where }).result,
    );
    return (await Promise.all(ends)).map(({ image: { width, height } }) => [width, height]);
  });
  expect(sizes).toEqual([
    [16, 16],
    [16, 16],
  ]);
  const shown = await gamer.evaluate(async () => {
    const canvas = Object.assign(document.createElement('canvas'), { width: 64, height: 36 });
    const drawing = canvas.getContext('2d');
    let frame = 0;
    const painting = setInterval(() => {
      if (drawing) drawing.fillStyle = frame++ % 2 ? '#a04020' : '#2040a0';
      drawing?.fillRect(0, 0, 64, 36);
    }, 50);
    const stream = await window.client.openStream(canvas, { scale: 2 });
    while (stream.stats().framesPresented < 5) await new Promise((resolve) => setTimeout(resolve, 50));
    clearInterval(painting);
    await stream.close();
    return [stream.canvas.width, stream.canvas.height];
  });
  expect(shown).toEqual([128, 72]);
});
