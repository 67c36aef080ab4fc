import { cp } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { build } from 'vite';
import { ROOT } from './child.mjs';

// The recipe of one build, in a process of its own: Vite changes NODE_ENV, which must not leak into the server or the tests.
const [, , argument] = process.argv;
if (!argument) throw new Error('which folder to build into?');
const folder = resolve(argument);

try {
  await buildPages(folder);
  // As they are written: what a visitor reads there is what runs.
  await cp(join(ROOT, 'examples'), join(folder, 'pages/examples'), { recursive: true });
  await buildServer(folder);
} catch (cause) {
  // Rollup's and esbuild's errors name the file and the line; where they arose inside those tells nobody anything.
  if (!(cause instanceof Error) || !('code' in cause || 'errors' in cause)) throw cause;
  console.error('frame' in cause ? `${cause.message}\n${cause.frame}` : cause.message);
  process.exitCode = 1;
}

/** @param {string} folder */
async function buildPages(folder) {
  await build({
    configFile: join(ROOT, 'vite.config.ts'),
    logLevel: 'warn',
    build: { outDir: join(folder, 'pages'), rollupOptions: { onwarn } },
  });
}

/**
 * A comment of a package that Rollup cannot use (zod has some) is no news to whoever builds.
 * @type {import('vite').Rollup.WarningHandlerWithDefault}
 */
function onwarn(warning, warn) {
  if (warning.code !== 'INVALID_ANNOTATION') warn(warning);
}

/**
 * The packages stay in node_modules: a server needs no bundle of them, and pino looks for its own files.
 * @param {string} folder
 */
async function buildServer(folder) {
  await build({
    configFile: false,
    root: ROOT,
    logLevel: 'warn',
    build: {
      ssr: 'signaling-server/main.ts',
      target: 'node20',
      outDir: join(folder, 'server'),
      rollupOptions: { output: { entryFileNames: 'main.js' } },
    },
  });
}
