import { dirname, join, resolve } from 'node:path';
import { build, loadConfigFromFile } from 'vite';
import { ROOT } from '../deploy/child.mjs';
import { VARIANTS } from './variants.mjs';

// node bench/bundle-sdk.mjs FOLDER VARIANT ...: makes FOLDER/sdk-VARIANT.js of each, for browsers, as the SDK itself is made; in a
// process of its own, since Vite changes NODE_ENV.
const [, , folder, ...names] = process.argv;
if (!folder || names.length === 0) throw new Error('Say which folder to bundle into, and which variants.');

const loaded = await loadConfigFromFile({ command: 'build', mode: 'production' }, join(ROOT, 'vite.config.ts'));
if (!loaded) throw new Error('There is no vite.config.ts.');
const { resolve: resolution, esbuild, worker } = loaded.config;

/**
 * @param {readonly import('./variants.mjs').Replacement[]} replacements
 * @returns {import('vite').Plugin}
 */
const replacing = (replacements) => ({
  name: 'replacing',
  enforce: 'pre',
  resolveId(id, importer) {
    const file = importer && resolve(dirname(importer), id);
    return replacements.find(({ replaced }) => replaced === file)?.by ?? null;
  },
});

for (const [name, replacements] of Object.entries(VARIANTS)) {
  if (!names.includes(name)) continue;
  await build({
    configFile: false,
    root: ROOT,
    base: './',
    logLevel: 'error',
    ...(resolution && { resolve: resolution }),
    ...(esbuild !== undefined && { esbuild }),
    plugins: [replacing(replacements)],
    worker: { ...worker, plugins: () => [replacing(replacements)] },
    publicDir: false,
    build: {
      target: 'es2022',
      outDir: folder,
      emptyOutDir: false,
      assetsInlineLimit: 0,
      modulePreload: { polyfill: false },
      rollupOptions: {
        preserveEntrySignatures: 'exports-only',
        input: { [`sdk-${name}`]: join(ROOT, 'web/sdk/p2c2r.ts') },
        output: { entryFileNames: '[name].js' },
      },
    },
  });
}
