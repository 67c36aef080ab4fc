import { MeshError } from '../../shared/errors.ts';
import { GAME } from '../../shared/tuning.ts';
import type { Playable } from '../ui/before-after.tsx';
import type { Client } from './client.ts';
import { BuiltInGame } from './game/built-in-game.ts';

export type SourceKind = 'game' | 'image' | 'video';
export type SourceChoice = { kind: 'game' } | { kind: 'image' | 'video'; file: File };

interface AnySource {
  /** Shown as it is, stretched by the browser. */
  before: HTMLElement;
  /** Pixels. */
  width: number;
  height: number;
  play: Playable | null;
  dispose(): void;
}

export interface LiveSource extends AnySource {
  kind: 'game' | 'video';
  frames: Parameters<Client['openStream']>[0];
}

export interface StillSource extends AnySource {
  kind: 'image';
  image: ImageBitmap;
}

export type Source = LiveSource | StillSource;

const GAME_LABEL = 'The built-in game: arrow keys to play, P to pause.';

interface OpenOptions {
  onError: (error: MeshError) => void;
}

/** Opens what was chosen. Throws MeshError `bad-input` for a file this browser cannot show. */
export function openSource(choice: SourceChoice, options: OpenOptions): Promise<Source> {
  if (choice.kind === 'game') return openGame(options);
  return choice.kind === 'image' ? openImage(choice.file) : openVideo(choice.file);
}

/** A stream of frames is read once; everything else may be streamed again. */
export function isSpent(source: Source): boolean {
  return source.kind !== 'image' && source.frames instanceof ReadableStream && source.frames.locked;
}

/** What a file would be as a source, or null when it is neither picture nor video. */
export function fileChoice(file: File): SourceChoice | null {
  if (file.type.startsWith('image/')) return { kind: 'image', file };
  if (file.type.startsWith('video/')) return { kind: 'video', file };
  return null;
}

async function openGame({ onError }: OpenOptions): Promise<LiveSource> {
  const canvas = document.createElement('canvas');
  const game = new BuiltInGame(canvas, {
    onError,
  });
  try {
    await game.ready;
  } catch (cause) {
    game.dispose();
    throw cause;
  }
  return {
    kind: 'game',
    before: canvas,
    width: GAME.width,
    height: GAME.height,
    frames: game.source,
    play: { label: GAME_LABEL, attach: (target) => game.attach(target) },
    dispose: () => game.dispose(),
  };
}

async function openImage(file: File): Promise<StillSource> {
  const image = await createImageBitmap(file).catch((cause: unknown) => {
    throw unreadable(file, 'PNG, JPEG or WebP', cause);
  });
  const { width, height } = image;
  const before = Object.assign(document.createElement('canvas'), { width, height });
  before.getContext('2d')?.drawImage(image, 0, 0);
  return { kind: 'image', before, width, height, image, play: null, dispose: () => image.close() };
}

async function openVideo(file: File): Promise<LiveSource> {
  const url = URL.createObjectURL(file);
  const video = Object.assign(document.createElement('video'), { muted: true, loop: true, playsInline: true });
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
  const { videoWidth: width, videoHeight: height } = video;
  return { kind: 'video', before: video, width, height, frames: video, play: null, dispose };
}

function unreadable(file: File, formats: string, cause: unknown): MeshError {
  return new MeshError('bad-input', `This browser cannot read “${file.name}”. Try ${formats}.`, { cause });
}
