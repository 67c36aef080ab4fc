import { upscaleReference } from '../web/compute/reference/upscale.ts';
import { expect, test, waitForVolunteers } from './fixtures.ts';
import { largestDifference, testPicture } from './pictures.ts';

const ROOM = 'a room known by name';
const COUNT = 100;

for (const backend of ['wgsl', 'wasm'] as const) {
  test(`a script that only knows /p2c2r.js gets 100 correct upscaled images from another page: ${backend}`, {
    tag: backend === 'wgsl' ? ['@gpu', '@long'] : [],
  }, async ({ volunteerPage, gamerPage }) => {
    await volunteerPage(ROOM, { backend });
    const gamer = await gamerPage(ROOM, { where: 'volunteers' });
    await waitForVolunteers(gamer, 1);

    const pictures = Array.from({ length: COUNT }, (_, seed) => testPicture(48, 27, seed));
    const answers = await gamer.evaluate(async (sources) => {
      const tasks = window.client.submitTasksBatch(
        sources.map(({ width, height, base64 }) => {
          const data = Uint8ClampedArray.from(atob(base64), (char) => char.charCodeAt(0));
          return { type: 'upscale' as const, input: { image: { width, height, data }, scale: 2 } };
        }),
      );
      const toBase64 = (bytes: Uint8ClampedArray) =>
        btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''));
      return Promise.all(
        tasks.map(async ({ result }) => {
          const { image, timing } = await result;
          return { width: image.width, height: image.height, base64: toBase64(image.data), timing };
        }),
      );
    }, pictures);

    expect(answers).toHaveLength(COUNT);
    for (const [index, { width, height, base64, timing }] of answers.entries()) {
      const picture = pictures[index];
      if (!picture) throw new Error('an answer without a question');
      const expected = upscaleReference(picture, { outWidth: 96, outHeight: 54, quality: 'spatial' });
      expect([width, height]).toEqual([96, 54]);
      expect(largestDifference(Buffer.from(base64, 'base64'), expected)).toBeLessThanOrEqual(2);
      const { ranOn, queueMs, sendMs, computeMs, receiveMs, totalMs } = timing;
      expect(ranOn).not.toBe('local');
      expect(timing.backend).toBe(backend);
      expect(queueMs + sendMs + computeMs + receiveMs).toBeCloseTo(totalMs);
    }
    const stats = await gamer.evaluate(() => window.client.stats());
    expect(stats).toMatchObject({ submitted: COUNT, completed: COUNT, ranOnVolunteers: COUNT, failed: 0, inFlight: 0 });
  });
}

test('a hundred tasks share one connection, and a repeated one is answered from the cache', async ({
  volunteerPage,
  sdkPage,
  roomOf,
}) => {
  await volunteerPage(ROOM, { backend: 'js' });
  const gamer = await sdkPage();
  const made = await gamer.evaluate(async (room) => {
    let connections = 0;
    window.RTCPeerConnection = new Proxy(window.RTCPeerConnection, {
      construct(target, args: [RTCConfiguration?]) {
        connections++;
        return new target(...args);
      },
    });
    const client = await window.sdk.GamerClient.connect({ room, where: 'volunteers' });
    await client.whenReady();
    const afterLinking = connections;
    const echo = (byte: number) => client.submitTask('echo', { bytes: new Uint8Array([byte]) }).result;
    for (let nth = 0; nth < 100; nth++) await echo(nth);
    const { ranOn } = (await echo(7)).timing;
    await client.close();
    return { afterLinking, afterwards: connections, ranOn };
  }, roomOf(ROOM));
  expect(made).toEqual({ afterLinking: 1, afterwards: 1, ranOn: 'cache' });
});
