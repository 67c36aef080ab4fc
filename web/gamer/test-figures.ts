import { toWhy } from '../stream/gamer/stream-reason.ts';
import type { StreamStats } from './client.ts';
import type { StreamReport } from './renderers.ts';

type StatsChanges = Partial<Omit<StreamStats, 'why'>>;

/** Statistics of a stream that one volunteer sharpens, for tests. */
export function streamStats(changes: StatsChanges = {}): StreamStats {
  const stats: Omit<StreamStats, 'why'> = {
    framesCaptured: 100,
    framesSent: 90,
    framesPresented: 88,
    framesLocal: 2,
    framesFiltered: 0,
    framesUnsharpened: 0,
    framesWithDetail: 80,
    detailAgeMs: { p50: 24, p95: 38 },
    gainDb: 0.9,
    framesDropped: { late: 2 },
    fps: 58,
    glassToGlassMs: { p50: 20, p95: 34 },
    stagesMs: [
      { name: 'encode', p50: 2 },
      { name: 'uplink', p50: 3 },
      { name: 'compute', p50: 4 },
      { name: 'queue', p50: 0 },
      { name: 'decode', p50: 1 },
    ],
    uplinkKbps: 6_000,
    downlinkKbps: 14_000,
    codec: 'vp8',
    shares: [{ volunteerId: 'v1', share: 0.98 }],
    localShare: 0,
    running: 'volunteers',
    quality: 'spatial',
    lowered: null,
    localBackend: '',
    reasons: [{ kind: 'adds', text: 'Fresher there.' }],
    ...changes,
  };
  return { ...stats, why: toWhy(stats.reasons) };
}

/** The page's report on such a stream. */
export function streamReport(changes: StatsChanges = {}): StreamReport {
  const stats = streamStats(changes);
  return {
    kind: 'stream',
    stats,
    capturedFps: 60,
    size: null,
    before: null,
    contrastGain: Number.NaN,
    columns: [[], [], []],
  };
}
