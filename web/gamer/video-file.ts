import { type ReadonlySignal, signal } from '@preact/signals';
import { MeshError } from '../../shared/errors.ts';
import type { PictureSize } from '../../shared/tasks/upscale-size.ts';
import { explainFile } from './file-content.ts';
import { videoSound } from './sound/source-sound.ts';
import type { LiveSource, SourceHandlers } from './source.ts';

/** A video that ends so much before its end is incomplete, s. The last frame's own time, and sound that is longer, are less. */
const MISSING_FROM_S = 1;

/**
 * Opens a video file, which plays again and again. Throws MeshError `bad-input` for one that this browser cannot play, and says what it holds.
 * Where it breaks midway, `onError` is told at what time.
 */
export async function openVideo(file: File, { onError }: SourceHandlers): Promise<LiveSource> {
  const url = URL.createObjectURL(file);
  const video = Object.assign(mutedVideo(), { loop: true });
  const ending = new AbortController();
  let begunMs = 0;
  const dispose = () => {
    ending.abort();
    video.removeAttribute('src');
    video.load();
    URL.revokeObjectURL(url);
  };
  try {
    await new Promise<void>((resolve, reject) => {
      video.addEventListener('loadeddata', () => resolve(), { once: true });
      video.addEventListener('error', () => reject(video.error), { once: true });
      video.src = url;
    });
    // Sound alone plays too, and so does the sound beside a picture that cannot be decoded.
    if (video.videoWidth === 0) throw new Error('no picture');
    begunMs = performance.now();
    await video.play();
  } catch (cause) {
    dispose();
    throw await explainFile(file, 'video', cause);
  }
  reportBreak({ video, name: file.name, begunMs, onError, signal: ending.signal });
  const sound = videoSound(video);
  return { kind: 'video', element: video, size: sizeOf(video), frames: video, sound, play: null, dispose };
}

interface Watched {
  video: HTMLVideoElement;
  name: string;
  /** When it began to play, at the earliest. */
  begunMs: number;
  onError: SourceHandlers['onError'];
  signal: AbortSignal;
}

/** Tells where a video breaks: with an error, or in that it begins again before its end. */
function reportBreak({ video, name, begunMs, onError, signal }: Watched): void {
  // That of a live recording is not known before its end, and then right.
  const durationS = video.duration;
  const broken = (atS: number) => {
    const whole = Number.isFinite(durationS) ? ` of ${clockTime(durationS)}` : '';
    const message = `“${name}” breaks off at ${clockTime(atS)}${whole}: the rest is missing or damaged. Get the file again, or choose another.`;
    onError(new MeshError('source-ended', message, { cause: video.error }));
  };
  video.addEventListener('error', () => broken(video.currentTime), { signal });
  let seenS = 0;
  const follow = () => {
    if (!video.seeking) seenS = video.currentTime;
  };
  video.addEventListener('timeupdate', follow, { signal });
  const beginsAgain = ({ timeStamp }: Event) => {
    video.removeEventListener('timeupdate', follow);
    // At the end of its data a browser jumps to the end of the video. But none plays faster than time passes.
    const elapsedS = (timeStamp - begunMs) / 1_000;
    if (!Number.isFinite(durationS) || elapsedS > durationS - MISSING_FROM_S) return;
    video.pause();
    broken(Math.min(seenS, elapsedS));
  };
  video.addEventListener('seeking', beginsAgain, { once: true, signal });
}

/** Minutes and seconds, as players show them. */
function clockTime(timeS: number): string {
  const seconds = Math.floor(timeS);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
}

export function mutedVideo(): HTMLVideoElement {
  return Object.assign(document.createElement('video'), { muted: true, playsInline: true });
}

/** The size of the video's picture as it is shown, upright and in square pixels, kept up to date. */
export function sizeOf(video: HTMLVideoElement): ReadonlySignal<PictureSize | null> {
  const size = signal<PictureSize | null>(null);
  const update = () => {
    const { videoWidth: width, videoHeight: height } = video;
    if (width > 0 && height > 0) size.value = { width, height };
  };
  video.addEventListener('loadedmetadata', update);
  video.addEventListener('resize', update);
  update();
  return size;
}
