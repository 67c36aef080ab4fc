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
  await write(file, { build, state: 'running' });
  process.on('exit', () => rmSync(file, { force: true }));
  const supervisor = new Supervisor(programOf(build));
  // A signal would not do: after a crash the file may name a process of somebody else.
  watchFile(file, { interval: POLL_MS }, () => void replaceIfAsked(file, supervisor).catch(tell));
}

/**
 * @param {string} file
 * @param {Supervisor} supervisor
 */
async function replaceIfAsked(file, supervisor) {
  const running = await read(file);
  if (running?.state !== 'asked') return;
  const { build } = running;
  try {
    await keepBuild(build.folder);
    await supervisor.replace(programOf(build));
  } catch (cause) {
    tell(cause);
    await write(file, { build, state: 'failed' });
    return;
  }
  await write(file, { build, state: 'running' });
}

/** @param {unknown} cause */
function tell(cause) {
  console.error(cause instanceof Error ? cause.message : cause);
}

/**
 * Has every running server of this checkout replaced by one of this build.
 * @param {Build} build
 * @param {number} [answerTimeoutMs] for each
 * @returns {Promise<number>} how many
 * @throws {SetupError} when none runs, or one could not be replaced and goes on as it was
 */
export async function updateRunning(build, answerTimeoutMs = ANSWER_TIMEOUT_MS) {
  const failed = [];
  let count = 0;
  for (const pid of await runningPids()) {
    const state = await ask(pid, build, answerTimeoutMs);
    if (state === 'failed') failed.push(pid);
    if (state === 'running') count++;
  }
  if (failed.length > 0)
    throw new SetupError(`Not replaced: the servers of these processes: ${failed.join(', ')}. Their output says why.`);
  if (count === 0) throw new SetupError('No server of this folder runs. npm start starts one.');
  return count;
}

/**
 * @param {number} pid
 * @param {Build} build
 * @param {number} timeoutMs
 */
async function ask(pid, build, timeoutMs) {
  const file = fileOf(pid);
  await write(file, { build, state: 'asked' });
  for (let waitedMs = 0; waitedMs < timeoutMs; waitedMs += POLL_MS) {
    await sleep(POLL_MS);
    const running = await read(file);
    if (running?.state !== 'asked') return running?.state ?? 'none';
  }
  // After a crash the process of that number is somebody else's.
  console.error(`Process ${pid} did not answer, so it counts as no server of this folder.`);
  await rm(file, { force: true });
  return 'none';
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
 * @returns {Promise<Running | null>} null where it is not there: the server has ended, or somebody has deleted .build
 */
async function read(file) {
  try {
    return JSON.parse(await readFile(file, 'utf8'));
  } catch (cause) {
    if (hasCode(cause, 'ENOENT')) return null;
    throw cause;
  }
}

/**
 * @param {string} file
 * @param {Running} running
 */
async function write(file, running) {
  await mkdir(RUNNING, { recursive: true });
  // In one step, since others read it at any time.
  await writeFile(`${file}.new`, JSON.stringify(running));
  await rename(`${file}.new`, file);
}

/** @param {Build} build */
function programOf({ serverFile, pagesDir }) {
  return { serverFile, env: { PAGES_DIR: process.env.PAGES_DIR || pagesDir } };
}
