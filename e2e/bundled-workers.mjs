import { readFile } from 'node:fs/promises';
import { relative, resolve } from 'node:path';
import { build } from 'esbuild';
import { compiledKernels } from '../deploy/assembly-script.mjs';
import { ROOT } from '../deploy/child.mjs';

/** The query by which Vite's development server knows the entry of a worker. */
const WORKER = /^([^?]+)\?(?:.*&)?worker_file&type=module/;
/** Addresses of files: these resolve like packages or beside the importer, and are served as they are. */
const ADDRESS = /^(.+?)\?(?:worker&)?url$/;

/**
 * Serves each worker of the browser tests as one file, as a build does. Vite's development server would serve its modules one by one, and
 * a test starts several workers of a hundred modules each.
 * @type {import('vite').Plugin}
 */
export const bundledWorkers = {
  name: 'bundled-workers',
  enforce: 'pre',
  async load(id) {
    const [, file] = WORKER.exec(id) ?? [];
    if (!file) return null;
    const { alias } = this.environment.config.resolve;
    const names = alias.flatMap(({ find, replacement }) => (typeof find === 'string' ? [[find, replacement]] : []));
    const { outputFiles } = await build({
      entryPoints: [file],
      bundle: true,
      write: false,
      format: 'esm',
      target: 'es2022',
      // Half as much to parse for every worker of every test.
      minify: true,
      alias: Object.fromEntries(names),
      plugins: [files],
    });
    return outputFiles[0]?.text ?? null;
  },
};

/** Texts and addresses of files, as Vite knows them by the query of an import. @type {import('esbuild').Plugin} */
const files = {
  name: 'files',
  setup(bundle) {
    // Packages that are loaded on demand stay where they are.
    bundle.onResolve({ filter: /^[^./]/ }, ({ path, kind }) =>
      kind === 'dynamic-import' ? { path, external: true } : null,
    );
    bundle.onResolve({ filter: /\?raw$/ }, ({ path, resolveDir }) => ({
      path: resolve(resolveDir, path.replace('?raw', '')),
      namespace: 'raw',
    }));
    bundle.onLoad({ filter: /./, namespace: 'raw' }, async ({ path }) => ({
      contents: await readFile(path, 'utf8'),
      loader: 'text',
    }));
    bundle.onResolve({ filter: ADDRESS }, async ({ path, resolveDir, kind }) => {
      const [, name = ''] = ADDRESS.exec(path) ?? [];
      const file =
        name.endsWith('.wasm') && name.startsWith('./kernels')
          ? await compiledKernels(name.slice(2))
          : (await bundle.resolve(name, { resolveDir, kind })).path;
      return { path: file, namespace: 'address', pluginData: path.includes('?worker') };
    });
    bundle.onLoad({ filter: /./, namespace: 'address' }, ({ path, pluginData }) => {
      const address = `/${relative(ROOT, path)}${pluginData ? '?worker_file&type=module' : ''}`;
      return { contents: `export default ${JSON.stringify(address)}` };
    });
  },
};
