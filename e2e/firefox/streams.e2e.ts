// Protects: live streams of every kind of source between Firefox and Chromium, in every codec that they offer each other.
import type { FrameStream, StreamStats } from '../../web/sdk/types.ts';
import { found, supports } from '../support.ts';
import { type AnyPage, type BrowserName, expect, test } from './fixtures.ts';

const TAG = { tag: '@firefox' };
/** Frames with detail until a stream counts as going on. */
const FRAMES = 10;
const WAIT = { timeout: 60_000, intervals: [100] };

const PAIRS: { volunteer: BrowserName; gamer: BrowserName }[] = [
  { volunteer: 'Firefox', gamer: 'Chromium' },
  { volunteer: 'Chromium', gamer: 'Firefox' },
  { volunteer: 'Firefox', gamer: 'Firefox' },
];

/** `prefix`: the beginning of its codec string. */
const CODECS = [
  { prefix: 'vp8', codec: 'vp8', name: 'VP8' },
  { prefix: 'vp09', codec: 'vp9', name: 'VP9' },
  { prefix: 'av01', codec: 'av1', name: 'AV1' },
  { prefix: 'avc1', codec: 'h264', name: 'H.264' },
] as const;

type Source = 'canvas' | 'track' | 'video' | 'camera';

declare global {
  interface Window {
    stream: FrameStream;
  }
}

/** In the gamer's page: a stream of this source. Returns how long its first picture took, ms. */
async function openStream(source: Source): Promise<number> {
  const canvas = Object.assign(document.createElement('canvas'), { width: 160, height: 90 });
  document.body.replaceChildren(canvas);
  const context = canvas.getContext('2d');
  let frame = 0;
  setInterval(() => {
    if (!context) return;
    frame++;
    for (let x = 0; x < 160; x += 10) {
      context.fillStyle = (x / 10 + frame) % 3 ? '#c02020' : '#20a040';
      context.fillRect(x, 0, 10, 90);
    }
    context.fillStyle = '#fff';
    context.fillText(`frame ${frame}`, 20, 40);
  }, 1000 / 20);
  const recorded = async () => {
    const recorder = new MediaRecorder(canvas.captureStream(), { mimeType: 'video/webm;codecs=vp8' });
    const parts: Blob[] = [];
    recorder.ondataavailable = ({ data }) => parts.push(data);
    const ended = new Promise((resolve) => {
      recorder.onstop = resolve;
    });
    recorder.start();
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    recorder.stop();
    await ended;
    const video = Object.assign(document.createElement('video'), { muted: true, loop: true });
    video.src = URL.createObjectURL(new Blob(parts));
    document.body.append(video);
    await video.play();
    return video;
  };
  const opens = {
    canvas: () => canvas,
    track: () => canvas.captureStream().getVideoTracks()[0],
    video: recorded,
    camera: async () => (await navigator.mediaDevices.getUserMedia({ video: true })).getVideoTracks()[0],
  };
  const opened = await opens[source]();
  if (!opened) throw new Error('no source');
  const startedMs = performance.now();
  window.stream = await window.client.openStream(opened, { scale: 2, maxFps: 15, quality: 'spatial' });
  while (window.stream.stats().framesPresented === 0) await new Promise((resolve) => setTimeout(resolve, 20));
  return performance.now() - startedMs;
}

const statsOf = (gamer: AnyPage): Promise<StreamStats> => gamer.evaluate(() => window.stream.stats());

/** The stream gets detail, and goes on. */
async function expectDetail(gamer: AnyPage): Promise<StreamStats> {
  const isGoingOn = async () => {
    const stats = await statsOf(gamer);
    // What a failure shows.
    return stats.framesWithDetail > FRAMES || stats;
  };
  await expect.poll(isGoingOn, WAIT).toBe(true);
  return statsOf(gamer);
}

/** In a page that has opened no stream yet: its browser has these codecs only. */
function restrictCodecs(codecs: readonly string[]): void {
  const ask = VideoEncoder.isConfigSupported;
  VideoEncoder.isConfigSupported = async (config) =>
    codecs.some((name) => config.codec.startsWith(name))
      ? ask.call(VideoEncoder, config)
      : { supported: false, config };
}

for (const { volunteer, gamer } of PAIRS) {
  test(
    `a canvas of a gamer in ${gamer} gets detail by a volunteer in ${volunteer}`,
    { ...TAG, annotation: [supports(volunteer, 'volunteer', 'streams'), supports(gamer, 'gamer', 'stream of a canvas')] },
    async ({ volunteerIn, gamerIn }) => {
      await volunteerIn(volunteer, 'canvas');
      const page = await gamerIn(gamer, 'canvas', { where: 'volunteers' });
      const firstPictureMs = await page.evaluate(openStream, 'canvas');
      const { codec } = await expectDetail(page);
      test.info().annotations.push({ type: 'figures', description: `first picture ${firstPictureMs} ms, ${codec}` });
    },
  );
}

for (const source of ['track', 'video'] as const) {
  test(`a ${source} of a gamer in Firefox gets detail`, {
    ...TAG,
    annotation: supports('Firefox', 'gamer', `stream of a ${source}`),
  }, async ({ volunteerIn, gamerIn }) => {
    await volunteerIn('Chromium', source);
    const page = await gamerIn('Firefox', source, { where: 'volunteers' });
    await page.evaluate(openStream, source);
    await expectDetail(page);
  });
}

test('a camera of a gamer in Firefox is shown while a volunteer helps', {
  ...TAG,
  annotation: supports('Firefox', 'gamer', 'stream of a camera'),
}, async ({ volunteerIn, gamerIn }) => {
  await volunteerIn('Chromium', 'camera');
  const page = await gamerIn('Firefox', 'camera', { where: 'volunteers' });
  await page.evaluate(openStream, 'camera');
  // The picture of Firefox's simulated camera has hardly any detail to add.
  await expect.poll(async () => (await statsOf(page)).framesPresented, WAIT).toBeGreaterThan(FRAMES);
});

for (const { prefix, codec, name } of CODECS) {
  test(
    `no stream between two Firefox stands still where ${name} comes first`,
    TAG,
    async ({ volunteerIn, gamerIn }) => {
      await volunteerIn('Firefox', codec);
      const page = await gamerIn('Firefox', codec, { where: 'volunteers' });
      // VP8 is what is left where the codec is not fit for live streams.
      await page.evaluate(restrictCodecs, [prefix, 'vp8']);
      await page.evaluate(openStream, 'canvas');
      const { codec: used } = await expectDetail(page);
      test.info().annotations.push({ type: 'figures', description: used });
      found('Firefox', 'streams', name, used === codec ? 'works' : 'left out');
    },
  );
}

test('a gamer in Firefox sharpens by itself without a volunteer', {
  ...TAG,
  annotation: supports('Firefox', 'gamer', 'sharpening by itself'),
}, async ({ pageIn, roomOf }) => {
  const page = await pageIn('Firefox');
  await page.evaluate(async (room) => {
    window.client = await window.sdk.GamerClient.connect({ room, where: 'local' });
  }, roomOf('alone'));
  await page.evaluate(openStream, 'canvas');
  const sharpened = async () => {
    const { framesLocal, framesFiltered } = await statsOf(page);
    return framesLocal + framesFiltered;
  };
  await expect.poll(sharpened, WAIT).toBeGreaterThan(FRAMES);
});
