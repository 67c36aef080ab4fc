import { join } from 'node:path';
import { build as buildParts } from 'esbuild';
import { rollup } from 'rollup';
import { dts } from 'rollup-plugin-dts';
import { build } from 'vite';
import { ROOT } from './child.mjs';
import { withoutWorkers } from './vite-plugins.mjs';

// node deploy/bundle-sdk.mjs FOLDER writes into FOLDER node.js, the SDK for Node with all its dependencies; the hooks and the element, which import
// the SDK from the package itself; and the types of all. It is a process of its own, since Vite changes NODE_ENV.
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

/** The parts beside the SDK's module, by the names that the package exports. */
const parts = Object.fromEntries(
  ['react', 'preact', 'element'].map((name) => [name, join(ROOT, 'web/frameworks', `${name}.ts`)]),
);
/** What the parts import, and the package does not contain. */
const FRAMEWORKS = ['react', 'preact/hooks'];

await buildParts({
  absWorkingDir: ROOT,
  // What they share becomes a file of its own.
  ...{ entryPoints: parts, outdir: folder, bundle: true, splitting: true, format: 'esm', target: 'es2022' },
  external: FRAMEWORKS,
  logLevel: 'warning',
  plugins: [
    {
      name: 'sdk-from-package',
      // The errors too, or a MeshError of the parts would be another class than the SDK's.
      setup: ({ onResolve }) =>
        onResolve({ filter: /\/(sdk\/p2c2r|shared\/errors)\.ts$/ }, () => ({ path: 'p2c2r', external: true })),
    },
  ],
});

// In one go: the types of the parts import those of the SDK from the file beside them.
const types = await rollup({
  input: { p2c2r: entry, ...parts },
  plugins: [dts({ tsconfig: join(ROOT, 'tsconfig.json') })],
  onwarn: ({ message }) => {
    throw new Error(message);
  },
});
const { output } = await types.write({
  dir: folder,
  entryFileNames: '[name].d.ts',
  chunkFileNames: 'types-[hash].d.ts',
});
await types.close();
const files = new Set(output.map(({ fileName }) => fileName));
const missing = output
  .flatMap((file) => (file.type === 'chunk' ? file.imports : []))
  .filter((name) => !files.has(name));
// The package has no dependencies: in a project that skips the check of libraries, types from a missing package become `any`.
if (missing.length > 0) throw new Error(`The SDK's types must not import types from ${missing.join(', ')}.`);
