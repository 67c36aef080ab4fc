import { basename, join } from 'node:path';
import { build, loadConfigFromFile } from 'vite';
import { ROOT } from '../deploy/child.mjs';

// node bench/bundle-page.mjs FOLDER FILE.ts ...: makes each file a module for a page of the bench, its workers included, in a process of
// its own, since Vite changes NODE_ENV. Its name is that of the file's folder, as in quality.js.
const [, , folder, ...files] = process.argv;
if (!folder || files.length === 0) throw new Error('Say which folder to bundle into, and which files.');

const loaded = await loadConfigFromFile({ command: 'build', mode: 'production' }, join(ROOT, 'vite.config.ts'));
if (!loaded) throw new Error('There is no vite.config.ts.');
const { resolve: resolution } = loaded.config;

await build({
  configFile: false,
  root: ROOT,
  base: './',
  logLevel: 'error',
  ...(resolution && { resolve: resolution }),
  worker: { format: 'es' },
  publicDir: false,
  build: {
    target: 'es2022',
    outDir: folder,
    emptyOutDir: false,
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rollupOptions: {
      preserveEntrySignatures: 'exports-only',
      input: Object.fromEntries(files.map((file) => [basename(join(file, '..')), join(ROOT, file)])),
      output: { entryFileNames: '[name].js' },
    },
  },
});
