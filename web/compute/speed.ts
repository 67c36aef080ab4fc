import type { Backend } from './backend.ts';

/** How long a backend takes for one thing: a fixed part, and one by source pixels. */
export interface Speed {
  fixedMs: number;
  msPerPixel: number;
}

/** A run that was timed. */
export interface Timed {
  pixels: number;
  ms: number;
}

export interface Contender {
  backend: Backend;
  speed: Speed;
}

/** From two sizes, or from one where the other would have taken too long. Neither part is ever negative. */
export function speedOf(small: Timed, large?: Timed): Speed {
  const proportional = small.ms / small.pixels;
  if (!large) return { fixedMs: 0, msPerPixel: proportional };
  const slope = (large.ms - small.ms) / (large.pixels - small.pixels);
  const msPerPixel = Math.min(Math.max(0, slope), large.ms / large.pixels);
  return { fixedMs: Math.max(0, large.ms - msPerPixel * large.pixels), msPerPixel };
}

export function predictMs({ fixedMs, msPerPixel }: Speed, pixels: number): number {
  return fixedMs + msPerPixel * pixels;
}

/** The first of those that are equally fast; undefined when there is none. */
export function fastestAt<T extends { speed: Speed }>(contenders: readonly T[], pixels: number): T | undefined {
  let best: T | undefined;
  for (const contender of contenders) {
    if (!best || predictMs(contender.speed, pixels) < predictMs(best.speed, pixels)) best = contender;
  }
  return best;
}
