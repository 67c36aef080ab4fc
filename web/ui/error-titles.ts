/** A headline for each reason of an error; its message says the rest. */
const TITLES: Record<string, string> = {
  'unsupported-browser': 'This browser cannot do it',
  'signaling-unreachable': 'The server cannot be reached',
  'room-full': 'This room is full',
  'not-invited': 'This room wants an invite',
  'rate-limited': 'Too many tries',
  'protocol-version': 'This page is out of date',
  'connection-failed': 'The two browsers could not connect',
  'no-volunteer': 'Nobody is there to help',
  'unknown-model': 'This quality is not there yet',
  'too-large': 'This picture is too large',
  'bad-input': 'This does not work as a source',
  'source-ended': 'The source has ended',
  'device-lost': 'The graphics card stopped answering',
  cancelled: 'Not allowed, or cancelled',
  timeout: 'It took too long',
};

export function errorTitle(reason: string): string {
  return TITLES[reason] ?? 'Something went wrong';
}
