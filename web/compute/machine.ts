import type { Backend } from './backend.ts';

/** What a machine was found to be able to do. Made anew when its device was lost. */
export interface Machine {
  adapter: string;
  frameIn: string;
  frameOut: string;
  upscaler: Backend;
  unitsPerMs: number;
  /** Resolves when its device has gone, for whatever reason. */
  lost: Promise<void>;
  dispose(): void;
}
