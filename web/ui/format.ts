/** Placeholder for a figure that is not known. */
export const NO_FIGURE = '–';

/** Milliseconds, with one decimal below ten. */
export function formatMs(ms: number): string {
  if (!Number.isFinite(ms)) return NO_FIGURE;
  return ms < 9.95 ? ms.toFixed(1) : String(Math.round(ms));
}

/** Frames per second, or any rate from about 1 to 100. */
export function formatRate(perSecond: number): string {
  if (!Number.isFinite(perSecond)) return NO_FIGURE;
  return perSecond < 9.95 && perSecond > 0 ? perSecond.toFixed(1) : String(Math.round(perSecond));
}

/** @param ratio 0 to 1 */
export function formatPercent(ratio: number): string {
  return Number.isFinite(ratio) ? `${Math.round(ratio * 100)} %` : NO_FIGURE;
}

export function formatKbps(kbps: number): string {
  if (!Number.isFinite(kbps)) return NO_FIGURE;
  return kbps < 1_000 ? `${Math.round(kbps)} kb/s` : `${(kbps / 1_000).toFixed(1)} Mb/s`;
}

/** A duration in seconds, or from a minute on in minutes, with one decimal below a hundred. */
export function formatDuration(ms: number): string {
  const minutes = ms / 60_000;
  if (ms < 59_500) return `${Math.round(ms / 1_000)} s`;
  return `${minutes < 99.95 ? minutes.toFixed(1) : COUNT.format(Math.round(minutes))} min`;
}

const BYTE_UNITS = ['B', 'kB', 'MB', 'GB', 'TB'] as const;

export function formatBytes(sizeBytes: number): string {
  let value = sizeBytes;
  let unit: (typeof BYTE_UNITS)[number] = 'B';
  for (const next of BYTE_UNITS.slice(1)) {
    if (value < 1_000) break;
    value /= 1_000;
    unit = next;
  }
  return unit === 'B' || value >= 100 ? `${Math.round(value)} ${unit}` : `${value.toFixed(1)} ${unit}`;
}

const COUNT = new Intl.NumberFormat('en');

export function formatCount(count: number): string {
  return COUNT.format(count);
}
