import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { endWithNpm } from '../deploy/child.mjs';
import { ensureInstalled } from '../deploy/install.mjs';

// npm run bench: bundles the TypeScript of bench/ for Node and runs it. bench/run.ts documents the arguments.

const BENCH = fileURLToPath(new URL('.', import.meta.url));
/** Modules that run in processes of their own, beside the program itself. */
const PROCESSES = ['child', 'server/clients', 'server/peers', 'sections/server'];
// Inside the checkout, where imports of packages find node_modules. The next build removes a folder of this name that was left behind.
const folder = join(BENCH, `../.build/unfinished-bench-${process.pid}`);

endWithNpm();
await ensureInstalled();
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
const { build } = await import('esbuild');
await build({
  entryPoints: ['run', ...PROCESSES].map((name) => join(BENCH, `${name}.ts`)),
  outbase: BENCH,
  outdir: folder,
  outExtension: { '.js': '.mjs' },
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node20',
  packages: 'external',
  loader: { '.wgsl': 'text' },
  logLevel: 'warning',
  plugins: [{ name: 'what-node-runs', setup: keepForNode }],
}).catch(() => {
  // It has printed the errors already.
  process.exit(1);
});
const { main } = await import(pathToFileURL(join(folder, 'run.mjs')).href);
await main(folder);

/**
 * Scripts of the checkout stay where they are, since they find other files by their own address. A browser's worker is never started in Node.
 * @param {import('esbuild').PluginBuild} build
 */
function keepForNode({ onResolve, onLoad }) {
  onResolve({ filter: /^\..*\.mjs$/ }, ({ path, resolveDir }) => ({
    path: pathToFileURL(join(resolveDir, path)).href,
    external: true,
  }));
  onResolve({ filter: /\?worker&url$/ }, ({ path }) => ({ path, namespace: 'worker' }));
  onLoad({ filter: /.*/, namespace: 'worker' }, () => ({ contents: "export default 'no workers in Node';" }));
}
