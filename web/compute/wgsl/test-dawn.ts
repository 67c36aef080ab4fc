import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

/** A driver that hangs when it is opened must not hold the tests up. */
const PROBE_TIMEOUT_MS = 20_000;

/**
 * Asks Dawn for an adapter and prints whether there is one. It is a program of its own: Dawn tells why it refuses a driver only to the
 * process's error stream, and a broken driver may end its process.
 */
const PROBE = `import { create } from 'webgpu';
console.log(Boolean(await create([]).requestAdapter({ powerPreference: 'high-performance' })));
process.exit();`;

/** Kept for ever: when Dawn's instance is collected, its devices end the process. */
const instances: GPU[] = [];

/** WebGPU in this process, or a sentence that says why there is none. */
export type Dawn = { gpu: GPU } | { refusal: string };

/**
 * Opens WebGPU in Node: Dawn, Chromium's own implementation, by the npm package `webgpu`, on a driver of the system instead of one that
 * the browser brought. On Linux that is Vulkan's loader's choice, which VK_ICD_FILENAMES overrides. Makes WebGPU's constants global.
 */
export async function openDawn(env: NodeJS.ProcessEnv = process.env): Promise<Dawn> {
  const refusal = await whyRefused(env);
  if (refusal) return { refusal };
  const { create, globals } = await import('webgpu');
  Object.assign(globalThis, globals);
  const gpu = create([]);
  instances.push(gpu);
  return { gpu };
}

/** @returns a sentence, or null when Dawn has an adapter here */
async function whyRefused(env: NodeJS.ProcessEnv): Promise<string | null> {
  const options = { env, cwd: fileURLToPath(new URL('.', import.meta.url)), timeout: PROBE_TIMEOUT_MS };
  const probing = promisify(execFile)(process.execPath, ['--input-type=module', '--eval', PROBE], options);
  const { stdout, stderr } = await probing.catch((cause: { stdout?: string; stderr?: string }) => ({
    stdout: '',
    stderr: cause.stderr ?? '',
  }));
  if (stdout.trim() === 'true') return null;
  const why = /^(?:Warning|\w*Error): (.+)$/m.exec(stderr)?.[1] ?? 'no driver is installed';
  return (
    `Dawn finds no graphics driver here that it accepts (${why.replace(/\.$/, '')}). ` +
    'Install a newer one, such as Mesa 23 or later, or let VK_ICD_FILENAMES name it.'
  );
}
