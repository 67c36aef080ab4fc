import type { ReadonlySignal } from '@preact/signals';
import type { MeshError } from '../../shared/errors.ts';
import type { Playable } from '../ui/before-after.tsx';
import type { Client } from './client.ts';

/** Somebody else's picture, which the person lets us have. */
export type CaptureKind = 'screen' | 'camera';
export type FileKind = 'image' | 'video';
export type SourceKind = 'game' | FileKind | CaptureKind;

export type Captured = { kind: CaptureKind; track: MediaStreamTrack };
export type SourceChoice = { kind: 'game' } | { kind: FileKind; file: File } | Captured;

/** Pixels. */
export interface Size {
  width: number;
  height: number;
}

interface AnySource {
  /** Shown as it is, stretched by the browser. */
  before: HTMLCanvasElement | HTMLVideoElement;
  /** May change at any time: a shared window is resized. Null until the first picture. */
  size: ReadonlySignal<Size | null>;
  play: Playable | null;
  dispose(): void;
}

export interface LiveSource extends AnySource {
  kind: 'game' | 'video' | CaptureKind;
  frames: Parameters<Client['openStream']>[0];
}

export interface StillSource extends AnySource {
  kind: 'image';
  image: ImageBitmap;
}

export type Source = LiveSource | StillSource;

export interface SourceHandlers {
  /** It will show nothing new: MeshError `source-ended`, or what it failed with. */
  onError: (error: MeshError) => void;
}

export type OpenSource = (choice: SourceChoice, handlers: SourceHandlers) => Promise<Source>;

/** A stream of frames is read once; everything else may be streamed again. */
export function isSpent(source: Source): boolean {
  return source.kind !== 'image' && source.frames instanceof ReadableStream && source.frames.locked;
}

export function isCaptured(choice: SourceChoice): choice is Captured {
  return choice.kind === 'screen' || choice.kind === 'camera';
}

/** What a file would be as a source, or null when it is neither picture nor video. */
export function fileChoice(file: File): SourceChoice | null {
  if (file.type.startsWith('image/')) return { kind: 'image', file };
  if (file.type.startsWith('video/')) return { kind: 'video', file };
  return null;
}
