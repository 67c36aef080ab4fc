import { rmSync, watchFile } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { keepBuild } from './build.mjs';
import { isAlive, ROOT } from './child.mjs';
import { hasCode, SetupError } from './failure.mjs';
import { Supervisor } from './supervisor.mjs';

/** Holds a file `<process id>.json` for each `npm start` of this checkout: which build it is asked to run, and how that went. */
const RUNNING = join(ROOT, '.build/running');
const POLL_MS = 250;
/** A new server has 30 s to start, and the old one ends within a few. */
const ANSWER_TIMEOUT_MS = 45_000;

/** @typedef {import('./build.mjs').Build} Build */

/**
 * @typedef {object} Running
 * @property {Build} build
 * @property {'asked' | 'running' | 'failed'} state
 */

/**
 * Runs a build's server until it ends, and then ends this process. `npm run update` may ask for another build meanwhile.
 * @param {Build} build
 */
export async function superviseBuild(build) {
  const file = fileOf(process.pid);
  await mkdir(RUNNING, { recursive: true });
  await write(file, { build, state: 'running' });
  process.on('exit', () => rmSync(file, { force: true }));
  const supervisor = new Supervisor(programOf(build));
  // A signal would not do: after a crash the file may name a process of somebody else.
  watchFile(file, { interval: POLL_MS }, async () => {
    const { build: asked, state } = await read(file);
    if (state !== 'asked') return;
    try {
      await keepBuild(asked.folder);
      await supervisor.replace(programOf(asked));
      await write(file, { build: asked, state: 'running' });
    } catch (cause) {
      console.error(cause instanceof Error ? cause.message : cause);
      await write(file, { build: asked, state: 'failed' });
    }
  });
}

/**
 * Has every running server of this checkout replaced by one of this build.
 * @param {Build} build
 * @returns {Promise<number>} how many
 * @throws {SetupError} when none runs, or one could not be replaced and goes on as it was
 */
export async function updateRunning(build) {
  const pids = await runningPids();
  if (pids.length === 0) throw new SetupError('No server of this folder runs. npm start starts one.');
  for (const pid of pids) {
    const file = fileOf(pid);
    await write(file, { build, state: 'asked' });
    const state = await Promise.race([answerOf(file), sleep(ANSWER_TIMEOUT_MS, 'none', { ref: false })]);
    if (state !== 'running')
      throw new SetupError(`The server of process ${pid} was not replaced; its output says why.`);
  }
  return pids.length;
}

/** @param {string} file */
async function answerOf(file) {
  for (;;) {
    await sleep(POLL_MS);
    const { state } = await read(file);
    if (state !== 'asked') return state;
  }
}

async function runningPids() {
  const names = await readdir(RUNNING).catch((cause) => {
    if (hasCode(cause, 'ENOENT')) return [];
    throw cause;
  });
  const pids = names.filter((name) => name.endsWith('.json')).map((name) => Number.parseInt(name, 10));
  await Promise.all(pids.filter((pid) => !isAlive(pid)).map((pid) => rm(fileOf(pid), { force: true })));
  return pids.filter(isAlive);
}

/** @param {number} pid */
const fileOf = (pid) => join(RUNNING, `${pid}.json`);

/**
 * @param {string} file
 * @returns {Promise<Running>}
 */
const read = async (file) => JSON.parse(await readFile(file, 'utf8'));

/**
 * @param {string} file
 * @param {Running} running
 */
async function write(file, running) {
  // In one step, since others read it at any time.
  await writeFile(`${file}.new`, JSON.stringify(running));
  await rename(`${file}.new`, file);
}

/** @param {Build} build */
function programOf({ serverFile, pagesDir }) {
  return { serverFile, env: { PAGES_DIR: process.env.PAGES_DIR || pagesDir } };
}
