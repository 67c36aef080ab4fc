import { type ReadonlySignal, signal } from '@preact/signals';
import { MeshError } from '../../shared/errors.ts';
import type { Captured, CaptureKind, LiveSource, Size, SourceHandlers } from './source.ts';

const ENDED: Readonly<Record<CaptureKind, string>> = {
  screen: 'Sharing has stopped. Share again, or go back to the game.',
  camera:
    'The camera has stopped: it was unplugged, or taken back in the browser. Start it again, or go back to the game.',
};

/** Throws MeshError `bad-input` for a file this browser cannot play. */
export async function openVideo(file: File): Promise<LiveSource> {
  const url = URL.createObjectURL(file);
  const video = Object.assign(mutedVideo(), { loop: true });
  const dispose = () => {
    video.removeAttribute('src');
    video.load();
    URL.revokeObjectURL(url);
  };
  try {
    await new Promise<void>((resolve, reject) => {
      video.addEventListener('loadeddata', () => resolve(), { once: true });
      video.addEventListener('error', () => reject(unreadable(file, 'MP4 or WebM', video.error)), { once: true });
      video.src = url;
    });
    await video.play();
  } catch (cause) {
    dispose();
    throw cause;
  }
  return { kind: 'video', before: video, size: sizeOf(video), frames: video, play: null, dispose };
}

/** Owns the track from here on. Waits for no picture: a window that is minimised gives none until it is opened again. */
export function openCaptured({ kind, track }: Captured, { onError }: SourceHandlers): LiveSource {
  const video = mutedVideo();
  video.srcObject = new MediaStream([track]);
  const size = sizeOf(video);
  // Ends early where the source is given up before its first picture.
  video.play().catch(() => {});
  const ended = () => onError(new MeshError('source-ended', ENDED[kind]));
  track.addEventListener('ended', ended);
  const dispose = () => {
    track.removeEventListener('ended', ended);
    track.stop();
    video.srcObject = null;
  };
  return { kind, before: video, size, frames: track, play: null, dispose };
}

export function unreadable(file: File, formats: string, cause: unknown): MeshError {
  return new MeshError('bad-input', `This browser cannot read “${file.name}”. Try ${formats}.`, { cause });
}

function mutedVideo(): HTMLVideoElement {
  return Object.assign(document.createElement('video'), { muted: true, playsInline: true });
}

/** The size of what the video shows, for as long as the video lives. */
function sizeOf(video: HTMLVideoElement): ReadonlySignal<Size | null> {
  const size = signal<Size | null>(null);
  const look = () => {
    const { videoWidth: width, videoHeight: height } = video;
    if (width > 0 && height > 0) size.value = { width, height };
  };
  video.addEventListener('loadedmetadata', look);
  video.addEventListener('resize', look);
  look();
  return size;
}
