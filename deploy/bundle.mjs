import { cp } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { build } from 'vite';
import { ROOT } from './child.mjs';

// node deploy/bundle.mjs FOLDER builds the pages and the server into FOLDER. It is a process of its own, since Vite changes NODE_ENV,
// which must not leak into the server or the tests.
const [, , argument] = process.argv;
if (!argument) throw new Error('Say which folder to build into.');
const folder = resolve(argument);

try {
  await buildPages(folder);
  // The examples are copied unchanged, so that visitors read the code that runs. Those of engines need a server that has the engines.
  const engines = join(ROOT, 'examples/engines');
  const filter = (/** @type {string} */ source) => source !== engines;
  await cp(join(ROOT, 'examples'), join(folder, 'pages/examples'), { recursive: true, filter });
  await buildServer(folder);
} catch (cause) {
  // Errors of Rollup and esbuild name the file and line; a stack trace inside the bundler would not help.
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
 * Hides warnings about annotations in packages (zod has some) that Rollup cannot use.
 * @type {import('vite').Rollup.WarningHandlerWithDefault}
 */
function onwarn(warning, warn) {
  if (warning.code !== 'INVALID_ANNOTATION') warn(warning);
}

/**
 * Packages are not bundled: the server loads them from node_modules, where pino also looks for its own files.
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
