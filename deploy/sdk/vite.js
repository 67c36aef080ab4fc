import { readdir, readFile } from 'node:fs/promises';
import { join, posix, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The files that browsers load: one module, and the workers, WebAssembly and models that it finds relative to its own URL. */
const DIST = fileURLToPath(new URL('./dist', import.meta.url));
/** The folder of these files in a built site. */
const FOLDER = 'p2c2r';
/** Placeholder for the module's URL in a chunk, until the location of the chunk is known. */
const PLACEHOLDER = 'p2c2r:module';

/**
 * Copies the SDK's folder into a Vite site unchanged. If the bundler moved the module into a chunk of its own, the module would no
 * longer find the files beside it.
 * @returns {import('vite').Plugin}
 */
export default function p2c2r() {
  let isBuild = false;
  return {
    name: 'p2c2r',
    enforce: 'pre',
    config: (_config, { command }) => {
      isBuild = command === 'build';
      // The development server must serve it from node_modules, and not pre-bundle it.
      return { optimizeDeps: { exclude: ['p2c2r'] } };
    },
    resolveId: (id, _importer, options) =>
      id === 'p2c2r' && isBuild && !options?.ssr ? { id: PLACEHOLDER, external: true } : null,
    renderChunk(code, { fileName }) {
      if (!code.includes(PLACEHOLDER)) return null;
      const address = posix.relative(posix.dirname(fileName), `${FOLDER}/p2c2r.js`);
      return { code: code.replaceAll(PLACEHOLDER, address.startsWith('.') ? address : `./${address}`), map: null };
    },
    async generateBundle(options) {
      if (options.format !== 'es') return;
      for (const entry of await readdir(DIST, { recursive: true, withFileTypes: true })) {
        if (!entry.isFile()) continue;
        const file = join(entry.parentPath, entry.name);
        const fileName = posix.join(FOLDER, ...relative(DIST, file).split(sep));
        this.emitFile({ type: 'asset', fileName, source: await readFile(file) });
      }
    },
  };
}
