import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, expect, test } from 'vitest';

let folder: string;
let supervisor: ChildProcess | undefined;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'p2c2r-'));
});
afterEach(async () => {
  supervisor?.kill('SIGKILL');
  await rm(folder, { recursive: true });
});

/** Prints what is said to it, and ends with 0 on SIGTERM. */
const SERVER = `
  process.on('message', (message) => console.log(message));
  process.on('SIGTERM', () => process.exit(0));
  process.send('ready');
`;
const STUBBORN = "process.on('message', (message) => console.log(message)); process.send('ready');";

/** Replaces a server that never ends of its own accord. @returns what is printed, line by line, and the end */
async function replacing(oldServer: string, newServer: string, endTimeoutMs: number) {
  const [old, next] = [join(folder, 'old.mjs'), join(folder, 'next.mjs')];
  await writeFile(old, oldServer);
  await writeFile(next, newServer);
  const script = `
    import cluster from 'node:cluster';
    import { Supervisor } from ${JSON.stringify(new URL('./supervisor.mjs', import.meta.url).href)};
    const supervisor = new Supervisor({ serverFile: ${JSON.stringify(old)} }, { args: [], endTimeoutMs: ${endTimeoutMs} });
    cluster.once('message', () => void supervisor.replace({ serverFile: ${JSON.stringify(next)} }));
  `;
  const program = join(folder, 'script.mjs');
  await writeFile(program, script);
  supervisor = spawn(process.execPath, [program], { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(supervisor, 'exit');
  const lines = createInterface({ input: supervisor.stdout ?? process.stdin })[Symbol.asyncIterator]();
  return { supervisor, line: async () => (await lines.next()).value, ended };
}

test('a replaced server that does not end is killed, and the new one gets its data', async () => {
  const { line } = await replacing(STUBBORN, SERVER, 200);
  expect([await line(), await line()]).toEqual(['replaced', 'predecessor ended']);
});

test('a stop while a replaced server still ends is as any other: the code is 0', async () => {
  const { supervisor, line, ended } = await replacing(SERVER, SERVER, 60_000);
  expect(await line()).toBe('replaced');
  supervisor.kill('SIGTERM');
  expect(await ended).toEqual([0, null]);
});

test('a new server that ends meanwhile ends the whole, as it did', async () => {
  const { line, ended } = await replacing(
    STUBBORN,
    "process.send('ready'); setTimeout(() => process.exit(7), 50);",
    300,
  );
  expect(await line()).toBe('replaced');
  expect(await ended).toEqual([7, null]);
});
