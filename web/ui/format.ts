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

// Labels for values of the SDK, for people.

const QUALITIES: Record<string, string> = {
  bilinear: 'bilinear',
  bicubic: 'bicubic',
  spatial: 'spatial',
  fast: 'fast network',
  balanced: 'balanced network',
  quality: 'quality network',
  ultra: 'ultra network',
};

export function qualityLabel(quality: string): string {
  return QUALITIES[quality] ?? quality;
}

const BACKENDS: ReadonlyMap<string, string> = new Map([
  ['wgsl', 'graphics card'],
  ['ort-webgpu', 'graphics card'],
  ['wasm', 'processor'],
  ['ort-wasm', 'processor'],
  ['js', 'processor'],
]);

/** What computes, for people. Volunteers name theirs themselves, so a name that is not known here may be anything, and is not shown. */
export function backendLabel(backend: string): string {
  return BACKENDS.get(backend) ?? 'computer';
}

/** A headline for each error reason. The error's message has the details. */
const ERROR_TITLES: Record<string, string> = {
  'unsupported-browser': 'This browser cannot do it',
  'signaling-unreachable': 'The server cannot be reached',
  'room-full': 'This room is full',
  'not-invited': 'This room requires an invite',
  'rate-limited': 'Too many attempts',
  'protocol-version': 'This page is out of date',
  'connection-failed': 'The two browsers could not connect',
  'no-volunteer': 'No volunteer is available',
  'unknown-model': 'This quality is not available yet',
  'too-large': 'This picture is too large',
  'bad-input': 'This cannot be used',
  'source-ended': 'The source has ended',
  'device-lost': 'The graphics card stopped answering',
  cancelled: 'Not allowed, or cancelled',
  timeout: 'It took too long',
};

/** Errors that may come from the network, the server or what this machine computes with. */
const TESTABLE: readonly string[] = [
  'connection-failed',
  'device-lost',
  'no-volunteer',
  'signaling-unreachable',
  'timeout',
  'unsupported-browser',
];

/** Whether the connection test may find the cause of an error. */
export function isTestable(reason: string): boolean {
  return TESTABLE.includes(reason);
}

export function errorTitle(reason: string): string {
  return ERROR_TITLES[reason] ?? 'Something went wrong';
}
