import { GamerClient, MeshError, VolunteerNode } from 'p2c2r';

// Both ends in one page: the volunteer computes with WebAssembly, so that worker, runtime and network must all be found.
document.title = await upscaleOnce().then(
  (how) => `done: ${how}`,
  (error: unknown) => `failed: ${error instanceof MeshError ? `${error.reason}, ${error.message}` : error}`,
);

async function upscaleOnce(): Promise<string> {
  const url = new URLSearchParams(location.search).get('server') ?? '';
  const node = await VolunteerNode.start({ url, room: 'fresh', backend: 'ort-wasm' });
  const client = await GamerClient.connect({ url, room: 'fresh', where: 'volunteers' });
  await client.whenReady({ timeoutMs: 60_000 });
  const image = { width: 16, height: 9, data: new Uint8ClampedArray(16 * 9 * 4).fill(200) };
  const { image: sharp, timing } = await client.submitTask('upscale', { image, quality: 'fast' }).result;
  await client.close();
  await node.stop();
  return `${sharp.width}x${sharp.height} by ${timing.backend}`;
}
