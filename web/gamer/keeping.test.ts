import { expect, it } from 'vitest';
import { clipSize } from './clip-canvas.ts';
import { clipFormat } from './clip-format.ts';
import { fileName } from './file-names.ts';
import type { SourceChoice } from './source.ts';

const GAME: SourceChoice = { kind: 'game' };
const FILE: SourceChoice = { kind: 'video', file: new File(['x'], 'my clip.mp4') };
const CAMERA: SourceChoice = { kind: 'camera', track: {} as MediaStreamTrack };

it.each([
  [GAME, 'spatial', 'after', 'png', 'game-sharpened-2x.png'],
  [GAME, 'bilinear', 'after', 'png', 'game-bilinear-2x.png'],
  [GAME, 'quality', 'after', 'png', 'game-best-network-2x.png'],
  [FILE, 'spatial', 'before-after', 'png', 'my clip-before-after-2x.png'],
  [CAMERA, 'spatial', 'before-after', 'webm', 'camera-before-after-2x.webm'],
] as const)('a file says what is in it', (choice, quality, what, extension, name) => {
  expect(fileName({ choice, quality, scale: 2, what, extension })).toBe(name);
});

it('a clip is even-sided and no larger than software encodes', () => {
  expect(clipSize({ width: 1280, height: 720 })).toEqual({ width: 1280, height: 720 });
  expect(clipSize({ width: 3840, height: 2160 })).toEqual({ width: 1280, height: 720 });
  expect(clipSize({ width: 2160, height: 3840 })).toEqual({ width: 720, height: 1280 });
  expect(clipSize({ width: 33, height: 1 })).toEqual({ width: 34, height: 2 });
});

it('clips are WebM where the browser writes it, and not offered where it writes nothing', () => {
  expect(clipFormat({ isTypeSupported: () => true })?.mimeType).toBe('video/webm;codecs=vp8');
  expect(clipFormat({ isTypeSupported: (type) => type === 'video/mp4' })?.extension).toBe('mp4');
  expect(clipFormat({ isTypeSupported: () => false })).toBeNull();
  expect(clipFormat(undefined)).toBeNull();
});
