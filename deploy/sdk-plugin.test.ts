import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ROOT } from './child.mjs';

/** The plugin for Vite of the packed SDK, in a package with files of the same names as the real ones. */
let plugin: (options?: { onnxRuntime?: string }) => { generateBundle(options: { format: string }): Promise<void> };
let folder: string;

const FILES: Record<string, string> = {
  'p2c2r.js': 'import "./assets/stream.worker-a.js"',
  'assets/stream.worker-a.js':
    'new URL("ort-wasm-simd-threaded.jspi-a.wasm"); new URL("ort-wasm-simd-threaded-a.wasm"); import("./ort.webgpu.min-a.js")\n//# sourceMappingURL=ort.webgpu.min-a.js.map',
  'assets/ort-wasm-simd-threaded-a.wasm': 'processor',
  'assets/ort-wasm-simd-threaded-a.mjs': 'processor',
  'assets/ort-wasm-simd-threaded.asyncify-a.wasm': 'GPU',
  'assets/ort-wasm-simd-threaded.asyncify-a.mjs': 'GPU',
  'assets/ort-wasm-simd-threaded.jspi-a.wasm': 'GPU',
  'assets/ort-wasm-simd-threaded.jspi-a.mjs': 'GPU',
  'assets/ort.wasm.min-a.js': 'processor',
  'assets/ort.webgpu.min-a.js': 'GPU',
  'assets/ort.webgpu.min-a.js.map': 'GPU',
  'assets/ort.jspi.min-a.js': 'GPU',
  'models/fast.onnx': 'ort.webgpu.min-a.js is data here',
};

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'p2c2r-plugin-'));
  await cp(join(ROOT, 'deploy/sdk'), folder, { recursive: true });
  for (const [name, text] of Object.entries(FILES)) {
    await mkdir(dirname(join(folder, 'dist', name)), { recursive: true });
    await writeFile(join(folder, 'dist', name), text);
  }
  await writeFile(join(folder, 'package.json'), '{ "type": "module" }');
  plugin = (await import(/* @vite-ignore */ pathToFileURL(join(folder, 'vite.js')).href)).default;
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function siteWith(options?: { onnxRuntime?: string }): Promise<Map<string, string>> {
  const site = new Map<string, string>();
  const emitFile = ({ fileName, source }: { fileName: string; source: Buffer | string }) =>
    void site.set(fileName, source.toString());
  await plugin(options).generateBundle.call({ emitFile } as never, { format: 'es' });
  return site;
}

test('a site takes one build of the ONNX runtime, that of the processor, and its workers ask for no other', async () => {
  const site = await siteWith();
  const runtimes = [...site.keys()].filter((name) => name.includes('/ort'));
  expect(runtimes.sort()).toEqual([
    'p2c2r/assets/ort-wasm-simd-threaded-a.mjs',
    'p2c2r/assets/ort-wasm-simd-threaded-a.wasm',
    'p2c2r/assets/ort.wasm.min-a.js',
  ]);
  // web/compute/ort/runtime.ts knows the name.
  expect(site.get('p2c2r/assets/stream.worker-a.js')).toBe(
    'new URL("left-out-of-this-site"); new URL("ort-wasm-simd-threaded-a.wasm"); import("./left-out-of-this-site")\n//# sourceMappingURL=left-out-of-this-site',
  );
  expect(site.get('p2c2r/models/fast.onnx')).toBe(FILES['models/fast.onnx']);
});

test('a site that asks for all takes every file as it is', async () => {
  const site = await siteWith({ onnxRuntime: 'all' });
  expect(site).toEqual(new Map(Object.entries(FILES).map(([name, text]) => [`p2c2r/${name}`, text])));
});

test('an option that nobody knows is refused', () => {
  expect(() => plugin({ onnxRuntime: 'gpu' })).toThrow("onnxRuntime must be 'processor' or 'all', not 'gpu'");
});
