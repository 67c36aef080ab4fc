import { join } from 'node:path';
import { rollup } from 'rollup';
import { dts } from 'rollup-plugin-dts';
import { build } from 'vite';
import { ROOT } from './child.mjs';
import { withoutWorkers } from './vite-plugins.mjs';

// node deploy/bundle-sdk.mjs FOLDER writes FOLDER/node.js, the SDK for Node with all its dependencies, and FOLDER/p2c2r.d.ts, its types
// in one file. It is a process of its own, since Vite changes NODE_ENV.
const [, , folder] = process.argv;
if (!folder) throw new Error('Say which folder to bundle into.');
const entry = join(ROOT, 'web/sdk/p2c2r.ts');

await build({
  configFile: false,
  root: ROOT,
  publicDir: false,
  logLevel: 'error',
  plugins: [withoutWorkers],
  resolve: { alias: { 'simple-peer': 'simple-peer/simplepeer.min.js' } },
  ssr: { noExternal: true },
  // Two optional packages of ws. Vite would replace them by empty modules, which ws would take for the real ones.
  define: { 'process.env.WS_NO_BUFFER_UTIL': '"1"', 'process.env.WS_NO_UTF_8_VALIDATE': '"1"' },
  build: {
    ssr: true,
    target: 'node20',
    outDir: folder,
    emptyOutDir: false,
    rollupOptions: { input: { node: entry }, output: { entryFileNames: '[name].js', inlineDynamicImports: true } },
  },
});

const types = await rollup({
  input: entry,
  plugins: [dts({ tsconfig: join(ROOT, 'tsconfig.json') })],
  onwarn: ({ message }) => {
    throw new Error(message);
  },
});
const { output } = await types.write({ file: join(folder, 'p2c2r.d.ts') });
await types.close();
const [{ imports }] = output;
// The package has no dependencies: in a project that skips the check of libraries, types from a missing package become `any`.
if (imports.length > 0) throw new Error(`The SDK's types must not import types from ${imports.join(', ')}.`);
