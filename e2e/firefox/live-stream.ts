// Live streams between two pages, of whichever browsers.
import type { FrameStream, StreamStats } from '../../web/sdk/types.ts';
import { UNCLEAR } from '../browser-support.mjs';
import { type AnyPage, type BrowserName, expect } from './fixtures.ts';

/** Frames with detail until a stream counts as going on. */
export const FRAMES = 10;
/** How long a stream is watched after that, ms: some 45 frames are due, so one without any stands still. */
const WATCHED_MS = 3_000;
export const WAIT = { timeout: 60_000, intervals: [100] };

export const PAIRS: { volunteer: BrowserName; gamer: BrowserName }[] = [
  { volunteer: 'Firefox', gamer: 'Chromium' },
  { volunteer: 'Chromium', gamer: 'Firefox' },
  { volunteer: 'Firefox', gamer: 'Firefox' },
];

/** `prefix`: the beginning of its codec string, `whole`. */
export const CODECS = [
  { prefix: 'vp8', whole: 'vp8', codec: 'vp8', name: 'VP8' },
  { prefix: 'vp09', whole: 'vp09.00.51.08', codec: 'vp9', name: 'VP9' },
  { prefix: 'av01', whole: 'av01.0.13M.08', codec: 'av1', name: 'AV1' },
  { prefix: 'avc1', whole: 'avc1.42e01f', codec: 'h264', name: 'H.264' },
] as const;

export type Source = 'canvas' | 'track' | 'video' | 'camera';

declare global {
  interface Window {
    stream: FrameStream;
  }
}

/** In the gamer's page: a stream of this source. Returns how long its first picture took, ms. */
export async function openStream(source: Source): Promise<number> {
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

export const statsOf = (gamer: AnyPage): Promise<StreamStats> => gamer.evaluate(() => window.stream.stats());

/** The stream gets detail, and goes on. */
export async function expectDetail(gamer: AnyPage): Promise<StreamStats> {
  const isGoingOn = async () => {
    const stats = await statsOf(gamer);
    // What a failure shows.
    return stats.framesWithDetail > FRAMES || stats;
  };
  await expect.poll(isGoingOn, WAIT).toBe(true);
  const before = await statsOf(gamer);
  await new Promise((resolve) => setTimeout(resolve, WATCHED_MS));
  const after = await statsOf(gamer);
  expect(after.framesWithDetail, JSON.stringify({ before, after })).toBeGreaterThan(before.framesWithDetail);
  return after;
}

/**
 * What is found of a codec beside which only VP8 was left, once the stream used one of them. Another one is used also where the codec was too slow at its
 * trial, as on a busy machine: only a browser that does not have it, at either end, leaves it out.
 */
export async function useOf(codec: string, used: string, gamer: AnyPage, volunteer: AnyPage): Promise<string> {
  if (used === codec) return 'works';
  const reports = [
    await gamer.evaluate(async () => (await window.client.diagnostics()).codecs),
    await volunteer.evaluate(async () => (await window.node.diagnostics()).codecs),
  ];
  const hasBoth = reports.every((ranked) => ranked.some((measured) => measured.codec === codec));
  return hasBoth ? UNCLEAR : 'left out';
}

/** In a page that has opened no stream yet: its browser has these codecs only. */
export function restrictCodecs(codecs: readonly string[]): void {
  const ask = VideoEncoder.isConfigSupported;
  VideoEncoder.isConfigSupported = async (config) =>
    codecs.some((name) => config.codec.startsWith(name))
      ? ask.call(VideoEncoder, config)
      : { supported: false, config };
}
