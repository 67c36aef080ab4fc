import type { Quality, Timing, Where } from '../sdk/types.ts';
import type { StreamStats } from './client.ts';
import type { Size } from './source.ts';

/** What the person set. */
export interface Settings {
  where: Where;
  quality: Quality;
  scale: number;
}

/** The output side of a source: sharp pictures on a canvas. */
export interface Show {
  readonly canvas: HTMLCanvasElement;
  /** Changes what can change without starting over. */
  set(settings: Pick<Settings, 'where' | 'quality'>): void;
  close(): Promise<void>;
}

/** What there is to tell about a show. */
export type Report = LiveReport | ({ kind: 'still'; timing: Timing | null } & Size);

export interface LiveReport {
  kind: 'live';
  stats: StreamStats;
  /** Frames the source gave a second; NaN until that is known. */
  capturedFps: number;
  /** Of the sharp picture; null before the first. */
  size: Size | null;
  columns: [number[], ...(number | null)[][]];
}
