import { once } from 'node:events';
import { chmod, mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { expect, test } from 'playwright/test';
import { ROOT } from '../deploy/child.mjs';
import { replayDockerfile, startCommand } from './dockerfile.mjs';

// There is no container engine where these tests run: what the Dockerfile tells is done in a clean folder instead.
test('the image that the Dockerfile makes serves the pages, as another user, with production packages alone', async ({
  request,
}) => {
  // biome-ignore lint/suspicious/noSkippedTests: a developer's own machine may leave it to CI.
  test.skip(process.getuid?.() !== 0, 'only root may start a server as somebody else');
  const scratch = await mkdtemp(join(tmpdir(), 'p2c2r-image-'));
  await chmod(scratch, 0o755);
  try {
    const image = await replayDockerfile(join(ROOT, 'deploy/Dockerfile'), scratch);
    expect(image.user).toBeGreaterThan(0);
    const packages = await readdir(join(image.workFolder, 'node_modules'));
    for (const tool of ['vite', 'typescript', 'playwright', 'vitest']) expect(packages).not.toContain(tool);
    // The pages have theirs in them.
    for (const inPages of ['onnxruntime-web', 'three', 'preact']) expect(packages).not.toContain(inPages);

    const server = startCommand(image, image.command, { PORT: '0', HOST: '127.0.0.1' });
    const ended = once(server, 'exit');
    const url = await urlToldBy(server.stdout);
    expect((await request.get(new URL('/gamer', url).href)).status()).toBe(200);
    expect((await request.get(new URL('/p2c2r.js', url).href)).status()).toBe(200);

    const checked = startCommand(image, image.healthCheck, { PORT: new URL(url).port });
    expect(await once(checked, 'exit')).toEqual([0, null]);
    // What must outlive the container lies in its volume, and is its user's own.
    expect((await stat(join(image.workFolder, 'state'))).uid).toBe(image.user);

    server.kill('SIGTERM');
    expect(await ended).toEqual([0, null]);
    const checkedAfter = startCommand(image, image.healthCheck, { PORT: new URL(url).port });
    expect(await once(checkedAfter, 'exit')).toEqual([1, null]);
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
});

async function urlToldBy(output: NodeJS.ReadableStream | null): Promise<string> {
  if (!output) throw new Error('the server writes nowhere');
  for await (const line of createInterface(output)) {
    const url = /is at (\S+)/.exec(line)?.[1];
    if (url) return url;
  }
  throw new Error('the server ended before it listened');
}
