import { readdir, readFile } from 'node:fs/promises';
import { join, posix, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The files that browsers load: one module, and the workers, WebAssembly and models that it finds relative to its own URL. */
const DIST = fileURLToPath(new URL('./dist', import.meta.url));
/** The folder of these files in a built site. */
const FOLDER = 'p2c2r';
/** Placeholder for the module's URL in a chunk, until the location of the chunk is known. */
const PLACEHOLDER = 'p2c2r:module';

/** The builds of onnxruntime-web that run models on the graphics card, with and without JavaScript Promise Integration: 44 of its 58 MB. */
const FOR_ONNX_ON_GPU = /^ort(-wasm-simd-threaded)?\.(asyncify|jspi|webgpu)\b/;
/** Stands for their names in a site without them. The SDK knows it (web/compute/ort/runtime.ts). */
const LEFT_OUT = 'left-out-of-this-site';
/** Files that name others. */
const SCRIPT = /\.m?js$/;

/**
 * Copies the SDK's folder into a Vite site. If the bundler moved the module into a chunk of its own, the module would no longer find the
 * files beside it.
 * @param {{ onnxRuntime?: 'processor' | 'all' }} [options]
 * @returns {import('vite').Plugin}
 */
export default function p2c2r({ onnxRuntime = 'processor' } = {}) {
  if (onnxRuntime !== 'processor' && onnxRuntime !== 'all') {
    throw new Error(`p2c2r/vite: onnxRuntime must be 'processor' or 'all', not '${onnxRuntime}'.`);
  }
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
      const files = (await readdir(DIST, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile());
      const isLeftOut = (/** @type {string} */ name) => onnxRuntime === 'processor' && isForOnnxOnGpu(name);
      const leftOut = files.map(({ name }) => name).filter(isLeftOut);
      // A name that is the beginning of another is replaced after it.
      leftOut.sort((a, b) => b.length - a.length);
      for (const { parentPath, name } of files) {
        if (isLeftOut(name)) continue;
        const file = join(parentPath, name);
        const fileName = posix.join(FOLDER, ...relative(DIST, file).split(sep));
        const content = await readFile(file);
        this.emitFile({ type: 'asset', fileName, source: SCRIPT.test(name) ? without(leftOut, content) : content });
      }
    },
  };
}

/**
 * Whether a file of the SDK serves only to run models of `infer` tasks on the graphics card.
 * @param {string} name without its folder
 */
function isForOnnxOnGpu(name) {
  return FOR_ONNX_ON_GPU.test(name);
}

/**
 * Tells a script which files it does without, so that it does not ask a server for them.
 * @param {readonly string[]} leftOut
 * @param {Buffer} script
 */
function without(leftOut, script) {
  return leftOut.reduce((text, name) => text.replaceAll(name, LEFT_OUT), script.toString('utf8'));
}
