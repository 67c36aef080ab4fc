import { expect, it } from 'vitest';
import { fileName } from './recorder.ts';
import type { SourceChoice } from './source.ts';

const GAME: SourceChoice = { kind: 'game' };
const FILE: SourceChoice = { kind: 'video', file: new File(['x'], 'my clip.mp4') };
const CAMERA: SourceChoice = { kind: 'camera', track: {} as MediaStreamTrack };

it.each([
  [GAME, 'spatial', 'after', 'png', 'game-sharpened-2x.png'],
  [GAME, 'bilinear', 'after', 'png', 'game-enlarged-2x.png'],
  [GAME, 'quality', 'after', 'png', 'game-quality-network-2x.png'],
  [GAME, null, 'after', 'png', 'game-enlarged-2x.png'],
  [FILE, 'spatial', 'before-after', 'png', 'my clip-before-after-2x.png'],
  [CAMERA, 'spatial', 'before-after', 'webm', 'camera-before-after-2x.webm'],
] as const)('a file says what is in it', (choice, quality, what, extension, name) => {
  expect(fileName({ choice, quality, scale: 2, what, extension })).toBe(name);
});
