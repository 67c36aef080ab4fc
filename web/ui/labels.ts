// What people read in place of values of the SDK: qualities, backends and the reasons of errors.

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

/** The same within a sentence: "the fast network", "the spatial filter". */
export function qualityWithArticle(quality: string): string {
  const label = qualityLabel(quality);
  return label.endsWith(' network') ? `the ${label}` : `the ${label} filter`;
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
