import { describe, expect, it, onTestFinished, vi } from 'vitest';
import type { MeshError } from '../../shared/errors.ts';
import { openChosenSource } from './chosen-source.ts';
import type { FileKind, Source } from './source.ts';

const WAIT = { timeout: 60_000, interval: 10 };
const SIZE = { width: 96, height: 64 };

interface VideoOptions {
  rotation?: 0 | 90;
  withSound?: boolean;
  seconds?: number;
  /** Writes another codec's name into the file. */
  codecName?: string;
}

/** A video, red at the left and blue at the right, in VP9. */
async function recorded(
  extension: 'mp4' | 'webm',
  { rotation = 0, withSound = false, seconds = 1, codecName }: VideoOptions = {},
) {
  const { AudioBufferSource, BufferTarget, CanvasSource, Mp4OutputFormat, Output, Quality, WebMOutputFormat } =
    await import('mediabunny');
  const canvas = Object.assign(document.createElement('canvas'), SIZE);
  const context = canvas.getContext('2d');
  const target = new BufferTarget();
  const output = new Output({ format: extension === 'mp4' ? new Mp4OutputFormat() : new WebMOutputFormat(), target });
  const source = new CanvasSource(canvas, {
    codec: 'vp9',
    quality: new Quality({ bitrate: 500_000 }),
    keyFrameInterval: 0.5,
  });
  output.addVideoTrack(source, { rotation });
  const sound = withSound ? new AudioBufferSource({ codec: 'opus', quality: new Quality({ bitrate: 64_000 }) }) : null;
  if (sound) output.addAudioTrack(sound);
  await output.start();
  for (let n = 0; context && n < seconds * 10; n++) {
    context.fillStyle = '#d02828';
    context.fillRect(0, 0, 48, 64);
    context.fillStyle = '#283cd2';
    context.fillRect(48, 0, 48, 64);
    context.fillStyle = `hsl(${n * 40} 80% 50%)`;
    context.fillRect(n % 90, 56, 6, 8);
    await source.add(n / 10, 0.1);
  }
  await sound?.add(new AudioBuffer({ length: 48_000 * seconds, sampleRate: 48_000 }));
  await output.finalize();
  const bytes = new Uint8Array(target.buffer ?? new ArrayBuffer(0));
  if (codecName) rename(bytes, 'vp09', codecName);
  return bytes;
}

/** Sound alone. */
async function soundAlone(): Promise<Uint8Array<ArrayBuffer>> {
  const { AudioBufferSource, BufferTarget, Output, Quality, WebMOutputFormat } = await import('mediabunny');
  const target = new BufferTarget();
  const output = new Output({ format: new WebMOutputFormat(), target });
  const sound = new AudioBufferSource({ codec: 'opus', quality: new Quality({ bitrate: 64_000 }) });
  output.addAudioTrack(sound);
  await output.start();
  await sound.add(new AudioBuffer({ length: 48_000, sampleRate: 48_000 }));
  await output.finalize();
  return new Uint8Array(target.buffer ?? new ArrayBuffer(0));
}

function rename(bytes: Uint8Array, from: string, to: string): void {
  for (let at = 0; at < bytes.length - 4; at++) {
    if (String.fromCharCode(...bytes.subarray(at, at + 4)) === from)
      bytes.set(
        Uint8Array.from(to, (letter) => letter.charCodeAt(0)),
        at,
      );
  }
}

function picture(type: string, { width, height } = SIZE): Promise<Uint8Array<ArrayBuffer>> {
  const canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext('2d');
  if (context) context.fillStyle = '#d02828';
  context?.fillRect(0, 0, width / 2, height);
  return canvas.convertToBlob({ type }).then(async (blob) => new Uint8Array(await blob.arrayBuffer()));
}

async function open(
  kind: FileKind,
  name: string,
  bytes: BlobPart,
  onError: (error: MeshError) => void = () => {},
): Promise<Source> {
  const type = kind === 'image' ? 'image/png' : `video/${name.endsWith('webm') ? 'webm' : 'mp4'}`;
  const source = await openChosenSource({ kind, file: new File([bytes], name, { type }) }, { onError }, {} as never);
  onTestFinished(() => source.dispose());
  return source;
}

const refusal = (opening: Promise<Source>) =>
  opening.then(
    () => 'opened',
    (error: MeshError) => `${error.reason}: ${error.message}`,
  );

/** The colour at a place of a picture, 0..1. */
function colourAt(
  image: CanvasImageSource,
  { width, height }: { width: number; height: number },
  x: number,
  y: number,
): number[] {
  const context = new OffscreenCanvas(width, height).getContext('2d', { willReadFrequently: true });
  context?.drawImage(image, 0, 0, width, height);
  return [...(context?.getImageData(Math.floor(x * width), Math.floor(y * height), 1, 1).data ?? [])].slice(0, 3);
}

/** How much redder than blue a picture is, in the middle, so far down. */
function redness(image: CanvasImageSource, size: { width: number; height: number }, y: number): number {
  const [red = 0, , blue = 0] = colourAt(image, size, 0.5, y);
  return red - blue;
}

describe('a video file that cannot be shown says what it holds, and what would work', () => {
  it.each<[string, string, () => Promise<BlobPart> | BlobPart, string]>([
    ['an empty file', 'clip.mp4', () => '', 'the file is empty. Choose another.'],
    [
      'a picture by another name',
      'clip.mp4',
      () => picture('image/png'),
      'it is a picture (PNG), whatever its name says. Choose it as a picture.',
    ],
    ['a JPEG by another name', 'clip.webm', () => picture('image/jpeg'), 'it is a picture (JPEG), whatever'],
    [
      'sound alone',
      'song.webm',
      soundAlone,
      'it holds sound alone (Opus). Choose one with a picture: H.264 in MP4, or VP9 in WebM.',
    ],
    [
      'a picture in a codec that is not decoded',
      'clip.mp4',
      () => recorded('mp4', { codecName: 'apcn' }),
      'which this browser does not decode. Convert it to H.264 in MP4, or VP9 in WebM.',
    ],
    [
      'the same with sound',
      'clip.mp4',
      () => recorded('mp4', { codecName: 'mp4v', withSound: true }),
      'which this browser does not decode. Convert it',
    ],
    [
      'a container that no browser plays',
      'clip.mp4',
      () => 'RIFF\x10\x10\x10\x10AVI LIST',
      'it is in AVI, which no browser plays. Convert it',
    ],
    ['text', 'clip.mp4', () => 'hello, this is no video at all', 'it is damaged, or no video. Choose one with H.264'],
    ['nothing but the start of one', 'clip.webm', async () => (await recorded('webm')).slice(0, 60), 'it '],
  ])('%s', async (_, name, make, sentence) => {
    const message = await refusal(open('video', name, await make()));
    expect(message).toContain(`bad-input: This browser cannot show “${name}” as a video: `);
    expect(message).toContain(sentence);
  });

  it('a video chosen as a picture', async () => {
    const message = await refusal(open('image', 'clip.png', await recorded('webm')));
    expect(message).toContain('cannot show “clip.png” as a picture: it is no picture. Choose it as a video.');
  });
});

describe('a video that breaks midway says where', () => {
  it('in WebM that is cut off, which the browser plays again from the start', async () => {
    const bytes = await recorded('webm', { seconds: 4 });
    const onError = vi.fn();
    await open('video', 'cut.webm', bytes.slice(0, bytes.length * 0.4), onError);
    await vi.waitUntil(() => onError.mock.calls.length > 0, WAIT);
    expect(onError.mock.calls).toMatchObject([
      [
        {
          reason: 'source-ended',
          message: expect.stringMatching(
            /^“cut.webm” breaks off at 0:0[0-3] of 0:0[34]: the rest is missing or damaged\./,
          ),
        },
      ],
    ]);
  });

  it('with an error', async () => {
    const onError = vi.fn();
    const source = await open('video', 'clip.webm', await recorded('webm'), onError);
    if (source.kind !== 'video') throw new Error('no video');
    source.element.dispatchEvent(new Event('error'));
    expect(onError.mock.calls).toMatchObject([
      [{ reason: 'source-ended', message: expect.stringContaining('breaks off at 0:00 of 0:0') }],
    ]);
  });

  it('and a whole one, however short, says nothing and plays again', async () => {
    const onError = vi.fn();
    const source = await open('video', 'short.webm', await recorded('webm', { seconds: 0.5 }), onError);
    if (source.kind !== 'video') throw new Error('no video');
    for (let turn = 0; turn < 2; turn++)
      await new Promise((resolve) => source.element.addEventListener('seeking', resolve, { once: true }));
    expect(onError).not.toHaveBeenCalled();
  });
});

describe('a file is shown as any player shows it', () => {
  it('a video that its file turns', async () => {
    const source = await open('video', 'turned.mp4', await recorded('mp4', { rotation: 90 }));
    if (source.kind !== 'video') throw new Error('no video');
    const size = { width: SIZE.height, height: SIZE.width };
    expect(source.size.value).toEqual(size);
    const element = source.element as HTMLVideoElement;
    // The first frame is shown some time after it was decoded.
    await vi.waitFor(() => expect(redness(element, size, 0.2)).toBeGreaterThan(100), WAIT);
    expect(redness(element, size, 0.8)).toBeLessThan(-100);
  });

  it('a photograph that its EXIF data turn', async () => {
    const source = await open('image', 'turned.jpg', withOrientation(await picture('image/jpeg'), 6));
    if (source.kind !== 'image') throw new Error('no picture');
    const size = { width: SIZE.height, height: SIZE.width };
    expect(source.size.value).toEqual(size);
    expect(colourAt(source.image, size, 0.5, 0.2)[0]).toBeGreaterThan(150);
    expect(colourAt(source.before, size, 0.5, 0.8)[0]).toBeLessThan(60);
  });

  it('a picture of a wide gamut, with its profile', async () => {
    const canvas = new OffscreenCanvas(8, 8);
    const context = canvas.getContext('2d', { colorSpace: 'display-p3' });
    if (context) context.fillStyle = 'color(display-p3 0.8 0.3 0.2)';
    context?.fillRect(0, 0, 8, 8);
    const source = await open('image', 'wide.png', await canvas.convertToBlob({ type: 'image/png' }));
    if (source.kind !== 'image') throw new Error('no picture');
    for (const [n, value] of [221, 64, 37].entries()) {
      expect(Math.abs((colourAt(source.image, { width: 8, height: 8 }, 0.5, 0.5)[n] ?? 0) - value)).toBeLessThanOrEqual(
        2,
      );
    }
  });

  it('a PNG of 16 bits', async () => {
    const source = await open('image', 'deep.png', await deepPng([0x80ff, 0x4000, 0xffff]));
    if (source.kind !== 'image') throw new Error('no picture');
    for (const [n, value] of [129, 64, 255].entries()) {
      expect(Math.abs((colourAt(source.image, { width: 2, height: 2 }, 0.5, 0.5)[n] ?? 0) - value)).toBeLessThanOrEqual(
        1,
      );
    }
  });
});

it('a picture that is too large is refused before it is decoded, in megapixels', async () => {
  const decode = vi.spyOn(globalThis, 'createImageBitmap');
  const message = await refusal(open('image', 'huge.png', await deepPng([0, 0, 0], 12_000, 9_000)));
  expect(message).toContain('too-large: A result has at most 67 megapixels');
  expect(message).toContain('this picture of 108 megapixels (12000x9000) is larger itself');
  expect(decode).not.toHaveBeenCalled();
  decode.mockRestore();
});

/** Adds an orientation to a JPEG: an EXIF segment with that one tag. */
function withOrientation(jpeg: Uint8Array, orientation: number): Uint8Array<ArrayBuffer> {
  const tag = [0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, orientation, 0, 0];
  const tiff = [0x4d, 0x4d, 0, 42, 0, 0, 0, 8, 0, 1, ...tag, 0, 0, 0, 0];
  const body = [0x45, 0x78, 0x69, 0x66, 0, 0, ...tiff];
  return Uint8Array.from([0xff, 0xd8, 0xff, 0xe1, 0, body.length + 2, ...body, ...jpeg.subarray(2)]);
}

/** A PNG of one colour with 16 bits a channel; its header may claim another size than it has. */
async function deepPng(
  colour: readonly [number, number, number],
  claimedWidth = 2,
  claimedHeight = 2,
): Promise<Uint8Array<ArrayBuffer>> {
  const row = [0, ...[0, 1].flatMap(() => colour.flatMap((value) => [value >> 8, value & 255]))];
  const deflated = new Blob([Uint8Array.from([...row, ...row])]).stream().pipeThrough(new CompressionStream('deflate'));
  const data = [...new Uint8Array(await new Response(deflated).arrayBuffer())];
  const header = [...big(claimedWidth), ...big(claimedHeight), 16, 2, 0, 0, 0];
  return Uint8Array.from([
    137,
    80,
    78,
    71,
    13,
    10,
    26,
    10,
    ...chunk('IHDR', header),
    ...chunk('IDAT', data),
    ...chunk('IEND', []),
  ]);
}

function chunk(name: string, data: readonly number[]): number[] {
  const body = [...Array.from(name, (letter) => letter.charCodeAt(0)), ...data];
  return [...big(data.length), ...body, ...big(crc32(body))];
}

const big = (value: number) => [value >>> 24, (value >>> 16) & 255, (value >>> 8) & 255, value & 255];

function crc32(bytes: readonly number[]): number {
  let crc = -1;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return ~crc >>> 0;
}
