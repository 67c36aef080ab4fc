import { basename, join } from 'node:path';
import { build } from 'vite';
import { ROOT } from '../deploy/child.mjs';
import { withoutWorkers } from '../deploy/vite-plugins.mjs';

// node bench/bundle.mjs FOLDER FILE.ts ...: makes each file a module that Node can run, in a process of its own, since Vite
// changes NODE_ENV. The packages stay in node_modules, so FOLDER must lie inside the checkout.
const [, , folder, ...files] = process.argv;
if (!folder || files.length === 0) throw new Error('Say which folder to bundle into, and which files.');

try {
  await build({
    configFile: false,
    root: ROOT,
    logLevel: 'warn',
    plugins: [withoutWorkers],
    build: {
      ssr: true,
      target: 'node20',
      outDir: folder,
      emptyOutDir: false,
      rollupOptions: {
        input: Object.fromEntries(files.map((file) => [basename(file, '.ts'), join(ROOT, file)])),
        output: { entryFileNames: '[name].mjs', chunkFileNames: '[name]-[hash].mjs' },
      },
    },
  });
} catch (cause) {
  // Rollup's and esbuild's errors name the file and the line; where they arose inside those tells nobody anything.
  if (!(cause instanceof Error) || !('code' in cause || 'errors' in cause)) throw cause;
  console.error('frame' in cause ? `${cause.message}\n${cause.frame}` : cause.message);
  process.exitCode = 1;
}
