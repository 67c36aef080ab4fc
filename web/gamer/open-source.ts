import { type ReadonlySignal, signal } from '@preact/signals';
import { MeshError } from '../../shared/errors.ts';
import { BuiltInGame, GAME_SIZE } from '../game/built-in-game.ts';
import type { GameWork } from '../game/game-work.ts';
import type {
  Captured,
  CaptureKind,
  LiveSource,
  Size,
  Source,
  SourceChoice,
  SourceHandlers,
  StillSource,
} from './source.ts';

const GAME_LABEL = 'The built-in game: arrow keys play, P pauses.';

/**
 * Opens the chosen source. Throws MeshError `bad-input` for a file that this browser cannot show.
 *
 * @param gameWork - runs the game's tasks
 */
export async function openSource(choice: SourceChoice, handlers: SourceHandlers, gameWork: GameWork): Promise<Source> {
  switch (choice.kind) {
    case 'game':
      return openGame(handlers, gameWork);
    case 'image':
      return openImage(choice.file);
    case 'video':
      return openVideo(choice.file);
    default:
      return openCaptured(choice, handlers);
  }
}

async function openGame({ onError }: SourceHandlers, gameWork: GameWork): Promise<LiveSource> {
  const canvas = document.createElement('canvas');
  const game = new BuiltInGame(canvas, {
    onError,
    onEvents: (events) => gameWork.radio.tell(events),
    work: (request) => gameWork.run(request),
  });
  try {
    await game.ready;
  } catch (cause) {
    game.dispose();
    throw cause;
  }
  return {
    kind: 'game',
    element: canvas,
    size: signal(GAME_SIZE),
    frames: game.source,
    play: { label: GAME_LABEL, attach: (target) => game.attach(target) },
    dispose: () => game.dispose(),
  };
}

async function openImage(file: File): Promise<StillSource> {
  const image = await createImageBitmap(file).catch((cause: unknown) => {
    throw unreadable(file, 'PNG, JPEG or WebP', cause);
  });
  const size = { width: image.width, height: image.height };
  const before = Object.assign(document.createElement('canvas'), size);
  before.getContext('2d')?.drawImage(image, 0, 0);
  return { kind: 'image', before, size: signal(size), image, play: null, dispose: () => image.close() };
}

const ENDED: Readonly<Record<CaptureKind, string>> = {
  screen: 'Sharing has stopped. Share again, or go back to the game.',
  camera:
    'The camera has stopped: it was unplugged, or access was revoked in the browser. Start it again, or go back to the game.',
};

/** Throws MeshError `bad-input` for a file that this browser cannot play. */
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
  return { kind: 'video', element: video, size: sizeOf(video), frames: video, play: null, dispose };
}

/** Takes ownership of the track. Does not wait for a picture, since a minimised window gives none until it is restored. */
export function openCaptured({ kind, track }: Captured, { onError }: SourceHandlers): LiveSource {
  const video = mutedVideo();
  video.srcObject = new MediaStream([track]);
  const size = sizeOf(video);
  // Rejects when the source is disposed before its first picture.
  video.play().catch(() => {});
  const ended = () => onError(new MeshError('source-ended', ENDED[kind]));
  track.addEventListener('ended', ended);
  const dispose = () => {
    track.removeEventListener('ended', ended);
    track.stop();
    video.srcObject = null;
  };
  return { kind, element: video, size, frames: track, play: null, dispose };
}

export function unreadable(file: File, formats: string, cause: unknown): MeshError {
  return new MeshError('bad-input', `This browser cannot read “${file.name}”. Try ${formats}.`, { cause });
}

function mutedVideo(): HTMLVideoElement {
  return Object.assign(document.createElement('video'), { muted: true, playsInline: true });
}

/** The size of the video's picture, kept up to date. */
function sizeOf(video: HTMLVideoElement): ReadonlySignal<Size | null> {
  const size = signal<Size | null>(null);
  const update = () => {
    const { videoWidth: width, videoHeight: height } = video;
    if (width > 0 && height > 0) size.value = { width, height };
  };
  video.addEventListener('loadedmetadata', update);
  video.addEventListener('resize', update);
  update();
  return size;
}
