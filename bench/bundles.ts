import { dirname, join, resolve } from 'node:path';
import { build, loadConfigFromFile, type Plugin } from 'vite';
import { wasmKernels } from '../deploy/assembly-script.mjs';
import { ROOT } from '../deploy/child.mjs';

/** A module of the SDK and what takes its place; paths from the root of the checkout. */
type Replacement = readonly [replaced: string, by: string];

const SIMULATED: Replacement = ['web/compute/engine.ts', 'bench/variants/simulated-engine.ts'];
const BY_PORT: Replacement = ['web/net/transferable-channel.ts', 'bench/variants/moved-port.ts'];

/**
 * The SDK with some of its modules replaced, to measure what the SDK as it is cannot show. Everything else, its workers included, is what
 * users get. Every variant has an engine that takes `computeMs` for a frame and computes nothing.
 */
const VARIANTS = {
  quick: { computeMs: 0, replacements: [SIMULATED] },
  'quick-by-port': { computeMs: 0, replacements: [SIMULATED, BY_PORT] },
  /** A good GPU. */
  steady: { computeMs: 5, replacements: [SIMULATED] },
  /** A modest one. */
  waiting: { computeMs: 40, replacements: [SIMULATED] },
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
  return bundle(folder, Object.fromEntries(names.map((name) => [name, `bench/pages/${name}.ts`])));
}

async function bundle(
  folder: string,
  input: Record<string, string>,
  { computeMs, replacements }: { computeMs: number; replacements: readonly Replacement[] } = {
    computeMs: 0,
    replacements: [],
  },
) {
  const { NODE_ENV } = process.env;
  const loaded = await loadConfigFromFile({ command: 'build', mode: 'production' }, join(ROOT, 'vite.config.ts'));
  const { resolve: resolution = {}, esbuild = {}, worker = {} } = loaded?.config ?? {};
  const plugins = () => [wasmKernels, replacing(replacements)];
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

function replacing(replacements: readonly Replacement[]): Plugin {
  return {
    name: 'replacing',
    enforce: 'pre',
    resolveId(id, importer) {
      const file = importer && resolve(dirname(importer), id);
      const found = replacements.find(([replaced]) => join(ROOT, replaced) === file);
      return found ? join(ROOT, found[1]) : null;
    },
  };
}
