import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';
import { wasmKernels } from './deploy/assembly-script.mjs';
import { compileAtLoad, eachWorkerOnce, pageParts, themeScript } from './deploy/vite-plugins.mjs';

const fromHere = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/** Entries that pages of other origins load, by names that do not change. */
const FOR_OTHER_PAGES = ['p2c2r', 'attach', 'element'];
/** Entries with names that do not change. `theme` is loaded by the examples too, which are not built. */
const UNHASHED = [...FOR_OTHER_PAGES, 'theme'];

const workersOnce = eachWorkerOnce();

/**
 * The pages and the SDK. `base: './'` makes every asset relative to the file that names it, so that `/p2c2r.js` finds its
 * workers from `import.meta.url` even when a page of another origin imports it.
 */
export default defineConfig({
  root: fromHere('./web'),
  base: './',
  resolve: {
    // simple-peer's default entry needs Node polyfills: importing it builds, but throws in the page.
    alias: {
      'simple-peer': 'simple-peer/simplepeer.min.js',
      // The builds without embedded WebAssembly: the .wasm files are served beside the pages and loaded when needed.
      ...Object.fromEntries(
        ['wasm', 'webgpu', 'jspi'].map((name) => [
          `onnxruntime-web/${name}`,
          fromHere(`./node_modules/onnxruntime-web/dist/ort.${name}.min.mjs`),
        ]),
      ),
    },
  },
  plugins: [wasmKernels, ...workersOnce, pageParts, themeScript, compileAtLoad('p2c2r')],
  esbuild: { jsx: 'automatic', jsxImportSource: 'preact' },
  build: {
    target: 'es2022',
    emptyOutDir: true,
    // Assets inlined as data: URLs would need a laxer Content-Security-Policy.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rollupOptions: {
      preserveEntrySignatures: 'exports-only',
      input: {
        index: fromHere('./web/index.html'),
        gamer: fromHere('./web/gamer.html'),
        check: fromHere('./web/check.html'),
        compare: fromHere('./web/compare.html'),
        status: fromHere('./web/status.html'),
        volunteer: fromHere('./web/volunteer.html'),
        404: fromHere('./web/404.html'),
        seen: fromHere('./web/what-volunteers-see.html'),
        p2c2r: fromHere('./web/sdk/p2c2r.ts'),
        attach: fromHere('./web/attach/main.ts'),
        element: fromHere('./web/frameworks/element.ts'),
        theme: fromHere('./web/ui/theme-switch.ts'),
      },
      output: {
        entryFileNames: ({ name }) => (UNHASHED.includes(name) ? '[name].js' : 'assets/[name]-[hash].js'),
      },
    },
  },
  worker: { format: 'es', plugins: () => [wasmKernels, ...workersOnce] },
});
