import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { ROOT, runChild } from '../deploy/child.mjs';
import { expect, testWithOwnServer as test } from './fixtures.ts';
import { exampleOf, readExamples } from './sdk-document.ts';
import { startServer } from './server.ts';

const VITE = join(ROOT, 'node_modules/vite/bin/vite.js');
const TSC = join(ROOT, 'node_modules/typescript/bin/tsc');

/** Output is parsed here, and the test runner would ask for colours. */
const PLAIN = { FORCE_COLOR: '0' };
/** Limit of a failed program's quoted output, which may have a line of a megabyte. */
const TOLD_CHARS = 2_000;

/** Most bytes of a built site that uses the SDK: one build of the ONNX runtime (14 MB), the networks and the scripts. Those of the graphics card would be 44 MB more. */
const MAX_SITE_BYTES = 24e6;

/** A project with nothing of this repository but the package. */
let project: string;
/** What `npm run pack-sdk` said. */
let told: string;

test.beforeAll(async () => {
  project = await mkdtemp(join(tmpdir(), 'p2c2r-fresh-'));
  await cp(join(ROOT, 'e2e/fresh-project'), project, { recursive: true });
  told = await run(process.execPath, join(ROOT, 'deploy/pack-sdk.mjs'), project);
  const [packed] = (await readdir(project)).filter((name) => name.endsWith('.tgz'));
  if (!packed) throw new Error('nothing was packed');
  await run('npm', 'install', '--offline', '--no-audit', '--no-fund', `./${packed}`);
});
test.afterAll(() => rm(project, { recursive: true, force: true }));

test('packing tells what it does, how long each step took, and how large the package is', () => {
  expect(told).toMatch(/^Copying .* \d+\.\d s\nBundling .* \d+\.\d s\nPacking \.\.\. \d+\.\d s\n/m);
  expect(told).toMatch(/^\d+ files, packed \d+\.\d MB; unpacked: networks .* onnxruntime-web \d+\.\d MB/m);
});

test("the packed SDK's types are complete and keep the contract", async () => {
  await cp(join(ROOT, 'web/sdk/test-contract.d.ts'), join(project, 'src/test-contract.d.ts'));
  const assertions = await readFile(join(ROOT, 'web/sdk/test-contract-holds.ts'), 'utf8');
  await writeFile(join(project, 'src/test-contract-holds.ts'), assertions.replace('./p2c2r.ts', 'p2c2r'));
  // `skipLibCheck` is off, so that no missing type silently becomes `any`.
  await run(process.execPath, TSC, '-p', 'tsconfig.json');
});

test("a fresh Vite project's built page loads its worker, runtime and network, and completes a task", async ({
  page,
}) => {
  const configured = await readFile(join(project, 'vite.config.js'), 'utf8');
  expect(exampleOf(await readExamples(''), 'vite.config.js').code).toBe(configured);
  await run(process.execPath, VITE, 'build', '--logLevel', 'warn');
  expect(await sizeOf(join(project, 'dist'))).toBeLessThan(MAX_SITE_BYTES);
  const site = await preview();
  const server = await startServer({ env: { ALLOWED_ORIGINS: site.origin } });
  try {
    await page.goto(`${site.origin}/?server=${server.url}`);
    await expect(page).toHaveTitle('done: 32x18 by ort-wasm');
  } finally {
    await server.stop();
    await site.stop();
  }
});

test('game servers in Node run their tasks in a browser', async ({ server, volunteerPage }) => {
  const names = await readdir(join(ROOT, 'node_modules/@roamhq'));
  await bring(names.map((name) => `@roamhq/${name}`));
  // Both use the room that the documentation names.
  await volunteerPage('demo', { backend: 'wasm' });

  const documented = exampleOf(await readExamples(server.url), 'node');
  await writeFile(join(project, 'documented.js'), documented.code);
  expect((await run(process.execPath, 'documented.js')).trim().split('\n')).toEqual(documented.prints);

  const printed = await run(process.execPath, 'game-server.js', server.url, 'demo');
  const volunteerId = expect.stringMatching(/^[\w-]{22}$/);
  expect(JSON.parse(printed)).toEqual({ isWhole: true, ranOn: volunteerId, refusal: 'unsupported-browser' });
});

test('the components of examples/frameworks sharpen their canvas in React, whose StrictMode mounts twice, and in Preact', {
  tag: '@long',
}, async ({ page }) => {
  await bring(['react', 'react-dom', 'scheduler', 'preact', '@types/react', '@types/react-dom', 'csstype']);
  const folder = join(project, 'components');
  await cp(join(ROOT, 'examples/frameworks'), folder, { recursive: true });
  await run(process.execPath, TSC, '-p', folder);
  await run(process.execPath, VITE, 'build', folder, '--logLevel', 'warn');
  const site = await preview(folder);
  const server = await startServer({ env: { ALLOWED_ORIGINS: site.origin } });
  try {
    for (const name of ['react', 'preact']) {
      await page.goto(`${site.origin}/${name}.html?server=${server.url}&room=${name}`);
      await expect(page.getByText('online, 0 linked')).toBeVisible();
      await expect(page.locator('p2c2r-overlay')).toHaveCount(1);
      await page.getByRole('button', { name: 'Leave the game' }).click();
      await expect(page.locator('p2c2r-overlay')).toHaveCount(0);
      await page.getByRole('button', { name: 'Play' }).click();
      await expect(page.locator('p2c2r-overlay')).toHaveCount(1);
    }
  } finally {
    await server.stop();
    await site.stop();
  }
});

/** Makes packages of this repository packages of the project. */
async function bring(names: readonly string[]): Promise<void> {
  for (const name of names) {
    const place = join(project, 'node_modules', name);
    await mkdir(dirname(place), { recursive: true });
    await symlink(join(ROOT, 'node_modules', name), place);
  }
}

/** Size of all files in a folder, bytes. */
async function sizeOf(folder: string): Promise<number> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  return (await Promise.all(files.map((file) => stat(file)))).reduce((bytes, { size }) => bytes + size, 0);
}

/** Runs a program in the project and returns its output. */
async function run(program: string, ...args: string[]): Promise<string> {
  const { code, output } = await runChild(program, args, { cwd: project, env: PLAIN, quiet: true, timeoutMs: 200_000 });
  expect(code, output.slice(-TOLD_CHARS)).toBe(0);
  return output;
}

/** Serves a built project. */
async function preview(folder = project): Promise<{ origin: string; stop(): Promise<void> }> {
  const child = spawn(process.execPath, [VITE, 'preview', '--host', 'localhost', '--port', '0'], {
    cwd: folder,
    env: { ...process.env, FORCE_COLOR: undefined, NO_COLOR: '1' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(child, 'exit');
  const origin = await new Promise<string>((resolve, reject) => {
    createInterface(child.stdout).on('line', (line) => {
      const url = /http:\/\/localhost:\d+/.exec(line)?.[0];
      if (url) resolve(url);
    });
    ended.then(() => reject(new Error('Vite ended before it served.')));
  });
  return {
    origin,
    async stop() {
      child.kill();
      await ended;
    },
  };
}
