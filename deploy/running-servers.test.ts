import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { access, cp, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';

const FILES = ['build', 'child', 'failure', 'running-servers', 'supervisor'];
/** Goes on until it is replaced. */
const SERVER = "process.send('ready'); process.on('message', (message) => message === 'replaced' && process.exit(0));";

/** A checkout of its own, in which a build is only a server. */
let folder: string;
let children: ChildProcess[];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'p2c2r-'));
  children = [];
  for (const name of FILES)
    await cp(fileURLToPath(new URL(`${name}.mjs`, import.meta.url)), join(folder, `deploy/${name}.mjs`));
  await writeFile(join(folder, 'server.mjs'), SERVER);
  await writeFile(join(folder, 'broken.mjs'), 'process.exit(1);');
});
afterEach(async () => {
  for (const child of children) child.kill('SIGTERM');
  await rm(folder, { recursive: true });
});

/** Runs code in which `build` makes a build of this server. */
async function runScript(code: string): Promise<ChildProcess> {
  const script = `
    import { superviseBuild, updateRunning } from './deploy/running-servers.mjs';
    const build = (name) => ({ folder: ${JSON.stringify(folder)} + '/.build/0123456789abcdef', serverFile: ${JSON.stringify(folder)} + '/' + name, pagesDir: '' });
    ${code}
  `;
  // In a file: servers inherit the flags of node, of which one would be the script.
  const file = join(folder, `script-${children.length}.mjs`);
  await writeFile(file, script);
  const child = spawn(process.execPath, [file], { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] });
  children.push(child);
  return child;
}

/** @returns the lines that it prints */
async function update(name = 'server.mjs'): Promise<string[]> {
  const child = await runScript(`
    try { console.log(await updateRunning(build(${JSON.stringify(name)}), 2_000)); } catch ({ message }) { console.log(message); }
  `);
  let printed = '';
  child.stdout?.on('data', (data) => {
    printed += data;
  });
  await once(child, 'close');
  return printed.trim().split('\n');
}

async function start(): Promise<ChildProcess> {
  const child = await runScript("await superviseBuild(build('server.mjs')); console.log('runs');");
  if (child.stdout) await once(child.stdout, 'data');
  return child;
}

const RUNNING = '.build/running';
/** As a crash leaves it behind: its number is by now that of another process, here this one. */
async function leaveStaleFile(): Promise<void> {
  await mkdir(join(folder, RUNNING), { recursive: true });
  await writeFile(join(folder, RUNNING, `${process.pid}.json`), '');
}

test('a file that a crash left behind is deleted, and the servers that do run are updated', async () => {
  await leaveStaleFile();
  expect(await update()).toEqual([expect.stringContaining('npm start starts one')]);
  await leaveStaleFile();
  const { pid } = await start();
  expect(await update()).toEqual(['1']);
  expect(await readdir(join(folder, RUNNING))).toEqual([`${pid}.json`]);
});

test('one that could not be replaced is named', async () => {
  const { pid } = await start();
  expect(await update('broken.mjs')).toEqual([expect.stringContaining(`${pid}`)]);
});

test('a server outlives the deletion of .build', async () => {
  const child = await start();
  const { pid } = child;
  await access(join(folder, RUNNING, `${pid}.json`));
  await rm(join(folder, '.build'), { recursive: true });
  // Twice the interval in which it looks.
  await new Promise((resolve) => setTimeout(resolve, 600));
  expect([child.exitCode, child.signalCode]).toEqual([null, null]);
});
