import type { ReadonlySignal } from '@preact/signals';
import { MeshError } from '../../shared/errors.ts';
import type { PictureSize } from '../../shared/tasks/upscale-size.ts';
import type { Playable } from '../ui/before-after.tsx';
import type { Client } from './client.ts';
import type { SourceSound } from './sound/source-sound.ts';

/** Sources that need the person's permission. */
export type CaptureKind = 'screen' | 'camera';
export type FileKind = 'image' | 'video';
export type SourceKind = 'game' | FileKind | CaptureKind;

export interface Captured {
  kind: CaptureKind;
  track: MediaStreamTrack;
  /** The sound of a shared tab, which is then not heard there. Without it, it stays where it is. */
  sound?: MediaStreamTrack;
}
export type SourceChoice = { kind: 'game' } | { kind: FileKind; file: File } | Captured;

/** The game, as its picture on the page plays it. */
interface Played extends Playable {
  isPaused: ReadonlySignal<boolean>;
  /** Ends a pause. */
  resume(): void;
}

interface AnySource {
  /** May change at any time, as when a shared window is resized. Null until the first picture. */
  size: ReadonlySignal<PictureSize | null>;
  play: Played | null;
  dispose(): void;
}

export interface LiveSource extends AnySource {
  kind: 'game' | 'video' | CaptureKind;
  /** Shows the source until its stream shows frames; a video then plays on unseen. */
  element: HTMLCanvasElement | HTMLVideoElement;
  frames: Parameters<Client['openStream']>[0];
  /** Null: it has none that the page could play. */
  sound: SourceSound | null;
}

export interface StillSource extends AnySource {
  kind: 'image';
  before: HTMLCanvasElement;
  image: ImageBitmap;
}

export type Source = LiveSource | StillSource;

export interface SourceHandlers {
  /** Called when no more pictures come, with MeshError `source-ended` or the cause. */
  onError: (error: MeshError) => void;
}

export type OpenSource = (choice: SourceChoice, handlers: SourceHandlers) => Promise<Source>;

/** A ReadableStream can be read only once; every other source can be streamed again. */
export function isSpent(source: Source): boolean {
  return source.kind !== 'image' && source.frames instanceof ReadableStream && source.frames.locked;
}

export function isCaptured(choice: SourceChoice): choice is Captured {
  return choice.kind === 'screen' || choice.kind === 'camera';
}

/** Ends a capture that nobody shows. */
export function releaseCapture({ track, sound }: Captured): void {
  track.stop();
  sound?.stop();
}

const ENDED: Readonly<Record<CaptureKind, string>> = {
  screen: 'Sharing has stopped. Share again, or go back to the game.',
  camera:
    'The camera has stopped: it was unplugged, or access was revoked in the browser. Start it again, or go back to the game.',
};

/** What to tell where a screen or camera gives no more pictures. */
export function captureEnded(kind: CaptureKind): MeshError {
  return new MeshError('source-ended', ENDED[kind]);
}

/** A file as a source; null when it is neither a picture nor a video. */
export function fileChoice(file: File): SourceChoice | null {
  if (file.type.startsWith('image/')) return { kind: 'image', file };
  if (file.type.startsWith('video/')) return { kind: 'video', file };
  return null;
}
