import { expect, test } from 'vitest';
import { MeshError } from '../../../shared/errors.ts';
import { loadKernels } from '../../compute/wasm/open-wasm.ts';
import { Workspace } from '../../compute/wasm/workspace.ts';
import { composePixels } from './composition.ts';
import { detailOf, drawn, mixedCodes, pictureFrame, TEST_SCALE } from './test-composing.ts';
import { testWay } from './test-ways.ts';
import { WasmComposer } from './wasm-composer.ts';
import { WebGlComposer } from './webgl-composer.ts';

testWay('WebAssembly', () => WasmComposer.open());
testWay('plain TypeScript', async () => new WasmComposer(null));
testWay('WebGL 2 with frames as they are', async () => new WebGlComposer(true));
testWay('WebGL 2 with pixels that the processor read', async () =>
  Object.assign(new WebGlComposer(true), { isDirect: false }),
);

test('where WebAssembly runs out of memory, plain TypeScript composes the same picture', async () => {
  const { kernels } = await loadKernels(1);
  const workspace = new Workspace(kernels);
  workspace.place = () => {
    throw new MeshError('volunteer-failed', 'no memory');
  };
  const composer = new WasmComposer(workspace);
  const out = { width: 48, height: 32 };
  const { frame, picture } = pictureFrame(24, 16);
  const raw = await composer.load(frame);
  frame.close();
  const codes = mixedCodes(out);
  const made = await drawn(composer, raw, detailOf(raw, codes), out);
  expect(made).toEqual(composePixels(picture, codes, TEST_SCALE, out));
  composer.dispose();
});

test('a software GPU is not used', () => {
  expect(() => new WebGlComposer()).toThrow(expect.objectContaining({ reason: 'unsupported-browser' }));
});
