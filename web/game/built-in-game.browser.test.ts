import { afterEach, expect, it, vi } from 'vitest';
import { BuiltInGame, type BuiltInGameOptions, GAME_SIZE, type RaceState } from './built-in-game.ts';

/** Only Chromium has it, and TypeScript's DOM types lack it. */
declare const MediaStreamTrackProcessor: new (init: {
  track: MediaStreamTrack;
}) => { readable: ReadableStream<VideoFrame> };

/** For tests that are not about the picture: without a GPU, drawing takes most of their time. */
const SMALL = { width: 64, height: 36 };

let dispose = () => {};
afterEach(() => dispose());

function open(options: BuiltInGameOptions = {}) {
  const canvas = document.createElement('canvas');
  canvas.tabIndex = 0;
  document.body.append(canvas);
  const game = new BuiltInGame(canvas, options);
  dispose = () => {
    game.dispose();
    canvas.remove();
  };
  const { source } = game;
  const readable =
    source instanceof MediaStreamTrack ? new MediaStreamTrackProcessor({ track: source }).readable : source;
  return { canvas, game, reader: readable.getReader() };
}

async function nextFrame(reader: ReadableStreamDefaultReader<VideoFrame>): Promise<VideoFrame> {
  const { value } = await reader.read();
  if (!value) throw new Error('The source ended.');
  return value;
}

/** As Safari. */
function refuseStreams(): void {
  vi.stubGlobal('MediaStreamTrackGenerator', undefined);
  const plain = MessagePort.prototype.postMessage;
  vi.spyOn(MessagePort.prototype, 'postMessage').mockImplementation(function (this: MessagePort, ...given: unknown[]) {
    if (given[0] instanceof ReadableStream) throw new DOMException('no streams', 'DataCloneError');
    Reflect.apply(plain, this, given);
  });
}

/** The frame's pixels, RGBA; closes it. */
function pixelsOf(frame: VideoFrame): Uint8ClampedArray {
  const context = new OffscreenCanvas(frame.displayWidth, frame.displayHeight).getContext('2d');
  if (!context) throw new Error('No 2d canvas.');
  context.drawImage(frame, 0, 0);
  frame.close();
  return context.getImageData(0, 0, context.canvas.width, context.canvas.height).data;
}

/** Standard deviation of the green channel: 0 for a blank picture. */
function contrastOf(pixels: Uint8ClampedArray): number {
  const greens = pixels.filter((_, index) => index % 4 === 1);
  const mean = greens.reduce((sum, green) => sum + green, 0) / greens.length;
  return Math.sqrt(greens.reduce((sum, green) => sum + (green - mean) ** 2, 0) / greens.length);
}

function shareChanged(before: Uint8ClampedArray, after: Uint8ClampedArray): number {
  const changed = before.filter((value, index) => Math.abs(value - (after[index] ?? 0)) > 16).length;
  return changed / before.length;
}

it('gives moving frames of 640x360 that are not blank, and the canvas shows them too', async () => {
  const { canvas, game, reader } = open();
  await game.ready;
  const first = await nextFrame(reader);
  expect([first.displayWidth, first.displayHeight]).toEqual([GAME_SIZE.width, GAME_SIZE.height]);
  const before = pixelsOf(first);
  for (let skipped = 0; skipped < 8; skipped++) (await nextFrame(reader)).close();
  const after = pixelsOf(await nextFrame(reader));
  expect(contrastOf(before)).toBeGreaterThan(15);
  expect(shareChanged(before, after)).toBeGreaterThan(0.05);
  expect(contrastOf(pixelsOf(new VideoFrame(canvas, { timestamp: 0 })))).toBeGreaterThan(15);
});

it.each([
  ['', () => {}],
  [' where there is no generator of tracks', () => vi.stubGlobal('MediaStreamTrackGenerator', undefined)],
  [' where streams cannot be transferred either', refuseStreams],
])('gives frames, and dispose ends the source%s', async (_, remove) => {
  remove();
  const { game, reader } = open(SMALL);
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
  await game.ready;
  for (let frames = 0; frames < 4; frames++) (await nextFrame(reader)).close();
  game.dispose();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    value.close();
  }
});

it('dispose before the first frame ends the source and rejects `ready`', async () => {
  const { game, reader } = open();
  game.dispose();
  await expect(game.ready).rejects.toMatchObject({ name: 'MeshError', reason: 'closed' });
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    value.close();
  }
});

it('a key gives the player control; the game goes on after pause and resume', async () => {
  let isPlaying = (_state: RaceState) => {};
  const played = new Promise<RaceState>((resolve) => {
    isPlaying = (state) => state.playing && resolve(state);
  });
  const pauses: boolean[] = [];
  const { canvas, game, reader } = open({
    ...SMALL,
    onState: (state) => isPlaying(state),
    onPaused: (isPaused) => pauses.push(isPaused),
  });
  await game.ready;
  const detach = game.attach(canvas);
  canvas.dispatchEvent(new KeyboardEvent('keydown', { code: 'ArrowLeft' }));
  expect((await played).lap).toBe(1);
  canvas.dispatchEvent(new KeyboardEvent('keydown', { code: 'KeyP' }));
  detach();
  game.resume();
  expect(pauses).toEqual([true, false]);
  (await nextFrame(reader)).close();
});

it('refuses a canvas that is already in use', () => {
  const canvas = document.createElement('canvas');
  canvas.getContext('2d');
  expect(() => new BuiltInGame(canvas)).toThrow(expect.objectContaining({ reason: 'bad-input' }));
});

it.each([
  ['OffscreenCanvas', 'Safari 16.4'],
  ['VideoFrame', 'Safari 16.4'],
])('refuses a browser without %s, and names versions that have it', (name, version) => {
  vi.stubGlobal(name, undefined);
  try {
    const refusal = { reason: 'unsupported-browser', message: expect.stringContaining(version) };
    expect(() => new BuiltInGame(document.createElement('canvas'))).toThrow(expect.objectContaining(refusal));
  } finally {
    vi.unstubAllGlobals();
  }
});
