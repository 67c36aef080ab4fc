import { spawn } from 'node:child_process';
import { cp, mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ROOT, runChild } from '../deploy/child.mjs';

/**
 * @typedef {object} Instruction of a Dockerfile
 * @property {string} name in capitals
 * @property {string} rest
 */

/**
 * A stage after its steps: what later ones copy from, and what a container would start.
 * @typedef {object} Stage
 * @property {string} root its `/`
 * @property {string} workFolder absolute, on this machine
 * @property {Record<string, string>} env
 * @property {number | null} user
 * @property {string[]} command
 * @property {string[]} healthCheck
 */

/**
 * Lines end in a backslash where they go on; comments are whole lines.
 * @param {string} text
 * @returns {Instruction[]}
 */
export function parseDockerfile(text) {
  return text
    .replace(/\\\n/g, ' ')
    .split('\n')
    .filter((line) => line.trim() && !line.startsWith('#'))
    .map((line) => {
      const [, name = '', rest = ''] = /^(\w+)\s+(.*)$/.exec(line) ?? [];
      return { name: name.toUpperCase(), rest: rest.trim() };
    });
}

/**
 * Does what the file tells, stage by stage, each in a folder of its own in place of an image: base images give Node and a user,
 * which this machine has. An instruction that is not known here is an error, so that none is passed over.
 * @param {string} file
 * @param {string} scratch an empty folder
 * @returns {Promise<Stage>} the last one
 */
export async function replayDockerfile(file, scratch) {
  /** @type {Map<string, Stage>} */
  const stages = new Map();
  let stage = emptyStage(scratch);
  for (const { name, rest } of parseDockerfile(await readFile(file, 'utf8'))) {
    if (name === 'FROM') {
      const [, , label = 'last'] = rest.split(/\s+/);
      stage = emptyStage(join(scratch, label));
      stages.set(label, stage);
    } else {
      await step(stage, stages, name, rest);
    }
  }
  return stage;
}

/** @param {string} root @returns {Stage} */
function emptyStage(root) {
  return { root, workFolder: root, env: {}, user: null, command: [], healthCheck: [] };
}

/**
 * @param {Stage} stage
 * @param {ReadonlyMap<string, Stage>} stages
 * @param {string} name
 * @param {string} rest
 */
async function step(stage, stages, name, rest) {
  switch (name) {
    case 'WORKDIR':
      stage.workFolder = join(stage.root, rest);
      await mkdir(stage.workFolder, { recursive: true });
      return;
    case 'ENV':
      Object.assign(stage.env, Object.fromEntries(rest.split(/\s+/).map((pair) => pair.split('='))));
      return;
    case 'USER':
      stage.user = Number(rest.split(':')[0]);
      return;
    case 'COPY':
      return copy(stage, stages, rest.split(/\s+/));
    case 'RUN':
      return run(stage, rest);
    case 'CMD':
      stage.command = JSON.parse(rest);
      return;
    case 'HEALTHCHECK':
      stage.healthCheck = JSON.parse(rest.slice(rest.indexOf('CMD') + 3));
      return;
    case 'EXPOSE':
    case 'VOLUME':
      // Of containers alone.
      return;
    default:
      throw new Error(`${name} is not replayed yet`);
  }
}

/**
 * A folder is copied as its content, a file under its name into a folder that ends in a slash: as COPY does.
 * @param {Stage} stage
 * @param {ReadonlyMap<string, Stage>} stages
 * @param {readonly string[]} words
 */
async function copy({ workFolder }, stages, words) {
  const from = stages.get(/^--from=(.*)$/.exec(words[0] ?? '')?.[1] ?? '')?.root ?? ROOT;
  const [target = '', ...sources] = words.filter((word) => !word.startsWith('--')).reverse();
  for (const source of sources) {
    await cp(join(from, source), join(workFolder, target.endsWith('/') ? join(target, source) : target), {
      recursive: true,
      verbatimSymlinks: true,
    });
  }
}

/**
 * @param {Stage} stage
 * @param {string} script
 */
async function run({ workFolder, env }, script) {
  const { code, output } = await runChild('sh', ['-ec', script], { cwd: workFolder, env, quiet: true });
  if (code !== 0) throw new Error(`RUN ${script} ended with ${code}:\n${output}`);
}

/**
 * Starts one of a stage's commands as a container would: as its user, in its folder, with its environment and nothing else.
 * @param {Stage} stage
 * @param {readonly string[]} command
 * @param {Record<string, string>} [env] over the stage's
 */
export function startCommand({ workFolder, env: stageEnv, user }, [program = '', ...args], env = {}) {
  return spawn(program, args, {
    cwd: workFolder,
    env: { PATH: process.env.PATH, ...stageEnv, ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
    ...(user === null ? {} : { uid: user, gid: user }),
  });
}
