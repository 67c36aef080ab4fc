import { afterAll, beforeAll, expect, test } from 'vitest';
import { FRAME_EXPORTS, FRAME_IMPORTS } from '../backend.ts';
import { repositoryModels } from '../test-models.ts';
import { showsColors } from './frame-colors.ts';
import { openDevice } from './gpu-device.ts';
import { WgslBackend } from './wgsl-backend.ts';

const SHORTEST = { frameIn: 'importExternalTexture', frameOut: 'canvas' } as const;

let backend: WgslBackend;

beforeAll(async () => {
  const opened = await openDevice(navigator.gpu);
  if (!opened) throw new Error('no GPU');
  backend = new WgslBackend(opened.device, repositoryModels);
});

afterAll(() => backend.dispose());

test.each(FRAME_IMPORTS.flatMap((frameIn) => FRAME_EXPORTS.map((frameOut) => ({ frameIn, frameOut }))))(
  'the self-test accepts the colours of $frameIn and $frameOut',
  async (framePaths) => {
    backend.framePaths = framePaths;
    expect(await showsColors(backend)).toBe(true);
  },
);

test('a network whose frames look like its pictures keeps the shortest paths', async () => {
  backend.framePaths = SHORTEST;
  await backend.prepare('fast');
  expect(backend.framePaths).toEqual(SHORTEST);
});
