import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, chown, cp, mkdir, mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { createInterface } from 'node:readline';
import { expect, test } from 'playwright/test';
import { ROOT, runChild } from '../deploy/child.mjs';

/** The user of `deploy/Dockerfile`'s image: `node` of its base image. */
const USER_ID = 1000;

/** The contents of the image, without a container engine: the build, the production packages and the commands of `deploy/Dockerfile`. */
test('the server starts as another user with production packages alone, is healthy and stops cleanly', async ({
  request,
}) => {
  // biome-ignore lint/suspicious/noSkippedTests: a developer's own machine may leave it to CI.
  test.skip(process.getuid?.() !== 0, 'only root may start a server as another user');
  const build = process.env.P2C2R_BUILD;
  if (!build) throw new Error('P2C2R_BUILD names no build; run npm test.');
  const folder = await mkdtemp(join(tmpdir(), 'p2c2r-production-'));
  try {
    await chmod(folder, 0o755);
    for (const part of ['pages', 'server']) await cp(join(build, part), join(folder, part), { recursive: true });
    await cp(join(ROOT, 'package.json'), join(folder, 'package.json'));
    await copyProductionPackages(folder);
    const packages = await readdir(join(folder, 'node_modules'));
    for (const tool of ['vite', 'typescript', 'playwright', 'vitest']) expect(packages).not.toContain(tool);
    // The packages of the pages are bundled in the build.
    for (const bundled of ['onnxruntime-web', 'three', 'preact']) expect(packages).not.toContain(bundled);
    const state = join(folder, 'state');
    await mkdir(state);
    await chown(state, USER_ID, USER_ID);

    const dockerfile = await readFile(join(ROOT, 'deploy/Dockerfile'), 'utf8');
    const server = start(folder, commandOf(dockerfile, /^CMD (.*)$/m), { PORT: '0', HOST: '127.0.0.1' });
    const ended = once(server, 'exit');
    const url = await urlPrintedBy(server);
    expect((await request.get(new URL('/gamer', url).href)).status()).toBe(200);
    expect((await request.get(new URL('/p2c2r.js', url).href)).status()).toBe(200);

    const healthCheck = commandOf(dockerfile, /^HEALTHCHECK .*CMD (.*)$/m);
    const { port } = new URL(url);
    expect(await once(start(folder, healthCheck, { PORT: port }), 'exit')).toEqual([0, null]);
    for (const file of await readdir(state)) expect((await stat(join(state, file))).uid).toBe(USER_ID);

    server.kill('SIGTERM');
    expect(await ended).toEqual([0, null]);
    expect(await once(start(folder, healthCheck, { PORT: port }), 'exit')).toEqual([1, null]);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});

/** The packages that `npm ci --omit=dev` would install, from this checkout's own `node_modules`. */
async function copyProductionPackages(folder: string): Promise<void> {
  const { code, output } = await runChild('npm', ['ls', '--omit=dev', '--all', '--parseable'], {
    cwd: ROOT,
    quiet: true,
  });
  expect(code, output).toBe(0);
  const packages = output.trim().split('\n').slice(1);
  // A package nested in another one is copied with it.
  const outermost = packages.filter((path) => !packages.some((other) => path.startsWith(`${other}/`)));
  for (const path of outermost) await cp(path, join(folder, relative(ROOT, path)), { recursive: true });
}

function commandOf(dockerfile: string, pattern: RegExp): string[] {
  const [, command] = pattern.exec(dockerfile) ?? [];
  if (!command) throw new Error(`deploy/Dockerfile has no line like ${pattern}.`);
  return JSON.parse(command);
}

/** Starts a command as the container would: as its user, in its folder, with its environment and nothing else. */
function start(folder: string, [program = '', ...args]: string[], env: Record<string, string>): ChildProcess {
  return spawn(program, args, {
    cwd: folder,
    env: { PATH: process.env.PATH, NODE_ENV: 'production', PAGES_DIR: 'pages', STATE_DIR: 'state', ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
    uid: USER_ID,
    gid: USER_ID,
  });
}

async function urlPrintedBy({ stdout }: ChildProcess): Promise<string> {
  if (!stdout) throw new Error('the server writes nowhere');
  for await (const line of createInterface(stdout)) {
    const url = /is at (\S+)/.exec(line)?.[1];
    if (url) return url;
  }
  throw new Error('the server ended before it listened');
}
