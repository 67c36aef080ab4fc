import type { Quality, Timing, Where } from '../sdk/types.ts';
import type { StreamStats } from './client.ts';

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
export type Report =
  | { kind: 'live'; stats: StreamStats; columns: [number[], ...(number | null)[][]] }
  | { kind: 'still'; timing: Timing | null; width: number; height: number };
