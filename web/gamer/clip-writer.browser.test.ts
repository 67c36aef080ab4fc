import { afterEach, expect, it, vi } from 'vitest';
import { canRecordClips, openClipWriter } from './clip-writer.ts';
import { blankCanvas } from './comparison.ts';

afterEach(() => vi.restoreAllMocks());

/** At an uneven rate, as a busy machine gives them. */
const FRAME_TIMES_S = [0, 0.05, 0.1, 0.4, 0.45, 0.5, 0.55, 1, 1.05, 1.4, 1.45, 1.5, 1.95];
const DURATION_S = 2;

/** @param height - one that no other test uses: Mediabunny remembers which sizes the browser can encode */
async function recordTwoSeconds(height: number): Promise<{ blob: Blob; extension: string }> {
  const context = blankCanvas({ width: 320, height });
  const writer = await openClipWriter(context.canvas);
  for (const timeS of FRAME_TIMES_S) {
    context.fillStyle = `hsl(${timeS * 200} 90% 50%)`;
    context.fillRect(0, 0, 320, height);
    await writer.add(timeS, 0.05);
  }
  return writer.finish();
}

/** What a player learns from the head of the file, and what it finds by seeking. */
async function play(blob: Blob) {
  const video = document.createElement('video');
  video.muted = true;
  video.src = URL.createObjectURL(blob);
  await new Promise((resolve, reject) => {
    video.addEventListener('loadeddata', resolve);
    video.addEventListener('error', () => reject(video.error));
  });
  const { duration: durationS, videoWidth: width, videoHeight: height } = video;
  const seek = async (timeS: number) => {
    const done = new Promise((resolve) => video.addEventListener('seeked', resolve, { once: true }));
    video.currentTime = timeS;
    await done;
    return video.currentTime;
  };
  const found = { durationS, width, height, middleS: await seek(1), endS: await seek(1e6) };
  URL.revokeObjectURL(video.src);
  return found;
}

it('writes a seekable file with its duration', async () => {
  expect(canRecordClips()).toBe(true);
  const { blob, extension } = await recordTwoSeconds(180);
  expect(blob.type).toBe(`video/${extension}`);
  const found = await play(blob);
  expect(found).toMatchObject({ width: 320, height: 180, middleS: 1 });
  expect(found.durationS).toBeCloseTo(DURATION_S, 1);
  expect(Math.abs(found.endS - found.durationS)).toBeLessThan(0.1);
});

it('writes WebM where the browser cannot encode H.264', async () => {
  const isSupported = VideoEncoder.isConfigSupported.bind(VideoEncoder);
  vi.spyOn(VideoEncoder, 'isConfigSupported').mockImplementation(async (config) =>
    config.codec.startsWith('avc') ? { supported: false, config } : isSupported(config),
  );
  const { blob, extension } = await recordTwoSeconds(200);
  expect([blob.type, extension]).toEqual(['video/webm', 'webm']);
  expect((await play(blob)).durationS).toBeCloseTo(DURATION_S, 1);
});

it('says so where the browser can encode nothing', async () => {
  vi.spyOn(VideoEncoder, 'isConfigSupported').mockImplementation(async (config) => ({ supported: false, config }));
  const { canvas } = blankCanvas({ width: 64, height: 64 });
  await expect(openClipWriter(canvas)).rejects.toMatchObject({ reason: 'unsupported-browser' });
});

it('tells where a browser encodes no sound, and writes the pictures alone', async () => {
  const encoders = vi.spyOn(AudioEncoder, 'isConfigSupported');
  encoders.mockImplementation(async (config) => ({ supported: false, config }));
  const context = new AudioContext();
  const [track] = context.createMediaStreamDestination().stream.getAudioTracks();
  const writer = await openClipWriter(blankCanvas({ width: 320, height: 260 }).canvas, track);
  expect(writer.hasSound).toBe(false);
  await writer.cancel();
  await context.close();
});
