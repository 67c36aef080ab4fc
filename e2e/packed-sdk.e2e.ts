import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
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

/** A project with nothing of this repository but the package. */
let project: string;

test.beforeAll(async () => {
  project = await mkdtemp(join(tmpdir(), 'p2c2r-fresh-'));
  await cp(join(ROOT, 'e2e/fresh-project'), project, { recursive: true });
  await run(process.execPath, join(ROOT, 'deploy/pack-sdk.mjs'), project);
  const [packed] = (await readdir(project)).filter((name) => name.endsWith('.tgz'));
  if (!packed) throw new Error('nothing was packed');
  await run('npm', 'install', '--offline', '--no-audit', '--no-fund', `./${packed}`);
});
test.afterAll(() => rm(project, { recursive: true, force: true }));

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
  const site = await preview();
  const server = await startServer({ env: { ALLOWED_ORIGINS: site.origin } });
  try {
    await page.goto(`${site.origin}/?server=${server.url}`);
    await expect(page).toHaveTitle('done: 32x18 by ort-wasm', { timeout: 60_000 });
  } finally {
    await server.stop();
    await site.stop();
  }
});

test('game servers in Node run their tasks in a browser', async ({ server, volunteerPage }) => {
  await mkdir(join(project, 'node_modules/@roamhq'), { recursive: true });
  for (const name of await readdir(join(ROOT, 'node_modules/@roamhq'))) {
    await symlink(join(ROOT, 'node_modules/@roamhq', name), join(project, 'node_modules/@roamhq', name));
  }
  // Both use the room that the documentation names.
  await volunteerPage('demo', { backend: 'wasm' });

  const documented = exampleOf(await readExamples(server.url), 'node');
  await writeFile(join(project, 'documented.js'), documented.code);
  expect((await run(process.execPath, 'documented.js')).trim().split('\n')).toEqual(documented.prints);

  const printed = await run(process.execPath, 'game-server.js', server.url, 'demo');
  const volunteerId = expect.stringMatching(/^[\w-]{22}$/);
  expect(JSON.parse(printed)).toEqual({ isWhole: true, ranOn: volunteerId, refusal: 'unsupported-browser' });
});

/** Runs a program in the project and returns its output. */
async function run(program: string, ...args: string[]): Promise<string> {
  const { code, output } = await runChild(program, args, { cwd: project, env: PLAIN, quiet: true, timeoutMs: 90_000 });
  expect(code, output.slice(-TOLD_CHARS)).toBe(0);
  return output;
}

/** Serves the built project. */
async function preview(): Promise<{ origin: string; stop(): Promise<void> }> {
  const child = spawn(process.execPath, [VITE, 'preview', '--host', 'localhost', '--port', '0'], {
    cwd: project,
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
