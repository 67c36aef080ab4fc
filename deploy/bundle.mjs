import { join } from 'node:path';
import { argv } from 'node:process';
import { build } from 'vite';
import { ROOT } from './child.mjs';

// The recipe of one build, in a process of its own: Vite changes NODE_ENV, which must not leak into the server or the tests.
const [, , folder] = argv;
if (!folder) throw new Error('which folder to build into?');

await build({
  configFile: join(ROOT, 'vite.config.ts'),
  logLevel: 'warn',
  build: { outDir: join(folder, 'pages') },
});

// The packages stay in node_modules: a server needs no bundle of them, and pino looks for its own files.
await build({
  configFile: false,
  root: ROOT,
  logLevel: 'warn',
  build: {
    ssr: 'signaling-server/main.ts',
    target: 'node20',
    outDir: join(folder, 'server'),
    rollupOptions: { output: { entryFileNames: 'main.js' } },
  },
});
