import { readdir, readFile } from 'node:fs/promises';
import { join, posix, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

/** What browsers load: one module, and the workers, WebAssembly and networks that it finds from its own address. */
const DIST = fileURLToPath(new URL('./dist', import.meta.url));
/** Where it lies in a built site. */
const FOLDER = 'p2c2r';
/** Stands in a chunk for the module's address until it is known where the chunk lies. */
const PLACEHOLDER = 'p2c2r:module';

/**
 * Puts the SDK's folder into a Vite site as it is. A bundler that takes the module into a chunk of its own moves it away from what it
 * finds beside itself.
 * @returns {import('vite').Plugin}
 */
export default function p2c2r() {
  let isBuild = false;
  return {
    name: 'p2c2r',
    enforce: 'pre',
    config: (_config, { command }) => {
      isBuild = command === 'build';
      // The development server serves it from where it was installed, unless it bundles it first.
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
