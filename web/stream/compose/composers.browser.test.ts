import { testWay } from './test-ways.ts';
import { WasmComposer } from './wasm-composer.ts';
import { WebGlComposer } from './webgl-composer.ts';

testWay('WebAssembly', () => WasmComposer.open());
testWay('plain TypeScript', async () => new WasmComposer(null));
testWay('WebGL 2 with frames as they are', async () => new WebGlComposer(true));
testWay('WebGL 2 with pixels that the processor read', async () =>
  Object.assign(new WebGlComposer(true), { isDirect: false }),
);
