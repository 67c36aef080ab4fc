import { cp } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { build as buildForNode } from 'esbuild';
import { build } from 'vite';
import { compileKernels } from './assembly-script.mjs';
import { ROOT } from './child.mjs';
import { ensureApiDocs } from './docs-site/api.mjs';
import { writeDocsSite } from './docs-site/site.mjs';
import { SetupError } from './failure.mjs';

// node deploy/bundle.mjs FOLDER builds the pages and the server into FOLDER. It is a process of its own, since Vite changes NODE_ENV,
// which must not leak into the server or the tests.
const [, , argument] = process.argv;
if (!argument) throw new Error('Say which folder to build into.');
const folder = resolve(argument);

try {
  // The kernels compile, and TypeDoc reads the types, in processes of their own while Vite reads the sources; it waits for the kernels where it
  // needs them.
  const [apiDocs] = await Promise.all([ensureApiDocs(), compileKernels(), buildPages(folder), buildServer(folder)]);
  await writeDocsSite(join(folder, 'pages/docs'), apiDocs);
  // The examples are copied unchanged, so that visitors read the code that runs. Those of engines and frameworks need a site that has these.
  const elsewhere = ['engines', 'frameworks'].map((name) => join(ROOT, 'examples', name));
  const filter = (/** @type {string} */ source) => !elsewhere.includes(source);
  await cp(join(ROOT, 'examples'), join(folder, 'pages/examples'), { recursive: true, filter });
  // Their colours are those of the pages.
  await cp(join(ROOT, 'web/ui/tokens.css'), join(folder, 'pages/examples/tokens.css'));
} catch (cause) {
  // Errors of Rollup and esbuild name the file and line; a stack trace inside the bundler would not help.
  if (!(cause instanceof Error) || !('code' in cause || 'errors' in cause || cause instanceof SetupError)) throw cause;
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
  await buildForNode({
    absWorkingDir: ROOT,
    // What is loaded only with Redis becomes a file of its own.
    ...{ entryPoints: ['signaling-server/main.ts'], outdir: join(folder, 'server'), splitting: true },
    ...{ bundle: true, packages: 'external', platform: 'node', target: 'node20', format: 'esm' },
    logLevel: 'warning',
  });
}
