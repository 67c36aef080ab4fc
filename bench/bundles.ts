import { dirname, join, resolve } from 'node:path';
import { build, loadConfigFromFile, type Plugin } from 'vite';
import { wasmKernels } from '../deploy/assembly-script.mjs';
import { ROOT } from '../deploy/child.mjs';

/** A module of the SDK and what takes its place in every variant; paths from the root of the checkout. */
const REPLACED = { engine: 'web/compute/engine.ts', by: 'bench/variants/simulated-engine.ts' };

/**
 * The SDK with an engine that takes this many ms for a frame and computes nothing, to measure what the SDK as it is cannot show. Everything
 * else, its workers included, is what users get.
 */
const VARIANTS = {
  quick: 0,
  /** A good GPU. */
  steady: 5,
  /** A modest one. */
  waiting: 40,
};

export type Variant = keyof typeof VARIANTS;

/** Bundles each variant of the SDK to `sdk-VARIANT.js`. */
export async function bundleSdk(folder: string, variants: readonly Variant[]): Promise<void> {
  for (const variant of variants) {
    await bundle(folder, { [`sdk-${variant}`]: 'web/sdk/p2c2r.ts' }, VARIANTS[variant]);
  }
}

/** Bundles each module of bench/pages/ with its workers to `NAME.js`; what several of them import exists once. */
export function bundlePages(folder: string, names: readonly string[]): Promise<void> {
  return bundle(folder, Object.fromEntries(names.map((name) => [name, `bench/pages/${name}.ts`])), null);
}

/** @param computeMs - of the simulated engine; null: the real one */
async function bundle(folder: string, input: Record<string, string>, computeMs: number | null) {
  const { NODE_ENV } = process.env;
  const loaded = await loadConfigFromFile({ command: 'build', mode: 'production' }, join(ROOT, 'vite.config.ts'));
  const { resolve: resolution = {}, esbuild = {}, worker = {} } = loaded?.config ?? {};
  const plugins = () => (computeMs === null ? [wasmKernels] : [wasmKernels, withSimulatedEngine]);
  await build({
    configFile: false,
    root: ROOT,
    base: './',
    logLevel: 'error',
    resolve: resolution,
    define: { SIMULATED_COMPUTE_MS: String(computeMs) },
    esbuild,
    worker: { ...worker, plugins },
    plugins: plugins(),
    publicDir: false,
    build: {
      target: 'es2022',
      outDir: folder,
      emptyOutDir: false,
      assetsInlineLimit: 0,
      modulePreload: { polyfill: false },
      rollupOptions: {
        preserveEntrySignatures: 'exports-only',
        input: Object.fromEntries(Object.entries(input).map(([name, file]) => [name, join(ROOT, file)])),
        output: { entryFileNames: '[name].js' },
      },
    },
  });
  // Vite sets it, and the servers that are started later would inherit it.
  if (NODE_ENV === undefined) delete process.env.NODE_ENV;
  else process.env.NODE_ENV = NODE_ENV;
}

const withSimulatedEngine: Plugin = {
  name: 'simulated-engine',
  enforce: 'pre',
  resolveId: (id, importer) =>
    importer && resolve(dirname(importer), id) === join(ROOT, REPLACED.engine) ? join(ROOT, REPLACED.by) : null,
};
