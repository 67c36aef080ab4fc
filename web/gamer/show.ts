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
export type Report = LiveReport | StillReport;

export interface StillReport extends Size {
  kind: 'still';
  /** Null until it is sharpened. */
  timing: Timing | null;
  /** What it is sharpened with. */
  quality: Quality;
  /** Why with no better; empty when there is nothing to say. */
  why: string;
}

export interface LiveReport {
  kind: 'live';
  stats: StreamStats;
  /** Frames the source gave a second; NaN until that is known. */
  capturedFps: number;
  /** Of the sharp picture; null before the first. */
  size: Size | null;
  columns: [number[], ...(number | null)[][]];
}
