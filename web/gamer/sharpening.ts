import type { Quality } from '../sdk/types.ts';
import type { StreamStats } from './client.ts';
import type { Report } from './renderers.ts';

// What may be called sharpened: every word and file name of the page asks here.

/** Qualities that enlarge a picture as a browser could, and add nothing to it. */
const ENLARGING: readonly Quality[] = ['bilinear', 'bicubic'];

/** @param quality - null: of a picture that is shown as captured */
export function isEnlarged(quality: Quality | null): boolean {
  return quality === null || ENLARGING.includes(quality);
}

/** Shares of the frames shown in the last seconds, 0..1. */
export interface Sharpening {
  byVolunteers: number;
  here: number;
}

type SharpeningStats = Pick<StreamStats, 'fps' | 'shares' | 'localShare' | 'quality' | 'running'>;

/** Who sharpened the frames of a stream. Nobody, where they were only enlarged. */
export function sharpeningOf({ fps, shares, localShare, quality, running }: SharpeningStats): Sharpening {
  if (fps === 0) {
    // The picture stands still: it is one frame.
    const isSharp = !isEnlarged(quality);
    return { byVolunteers: isSharp && running === 'volunteers' ? 1 : 0, here: isSharp && running === 'local' ? 1 : 0 };
  }
  // Single frames may come without their detail, so the picture on the screen decides only where it has another quality.
  if (quality !== null && isEnlarged(quality)) return { byVolunteers: 0, here: 0 };
  return { byVolunteers: shares.reduce((sum, { share }) => sum + share, 0), here: localShare };
}

/** How many of the frames were sharpened. */
export type Extent = 'most' | 'some' | 'none';

/** From this share on, single frames without are hardly noticed. */
const MOST = 0.9;
/** Below this share nobody would notice those that are. */
const SOME = 0.01;

export function extentOf(share: number): Extent {
  if (share >= MOST) return 'most';
  return share >= SOME ? 'some' : 'none';
}

export function streamExtent(stats: StreamStats): Extent {
  const { byVolunteers, here } = sharpeningOf(stats);
  return extentOf(byVolunteers + here);
}

export function reportExtent(report: Report | null): Extent {
  if (report?.kind === 'stream') return streamExtent(report.stats);
  return report?.timing && !isEnlarged(report.quality) ? 'most' : 'none';
}

/** Whether there is a picture of the chosen size to save: of a still picture, the one that was asked for. */
export function hasPicture(report: Report | null): boolean {
  return report?.kind === 'stream' ? report.size !== null : (report?.timing ?? null) !== null;
}

/** The quality of the picture on the page; null if there is no picture, or it is the source's. */
export function shownQuality(report: Report | null): Quality | null {
  return (report?.kind === 'stream' ? report.stats.quality : report?.quality) ?? null;
}
