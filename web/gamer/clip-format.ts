export interface ClipFormat {
  mimeType: string;
  extension: string;
}

/** The cheapest to encode in software first; the last is for browsers that write no WebM. */
const FORMATS: readonly ClipFormat[] = [
  { mimeType: 'video/webm;codecs=vp8', extension: 'webm' },
  { mimeType: 'video/webm', extension: 'webm' },
  { mimeType: 'video/mp4', extension: 'mp4' },
];

/** What clips are written as; null where the browser cannot record. */
export function clipFormat(
  recorder: Pick<typeof MediaRecorder, 'isTypeSupported'> | undefined = globalThis.MediaRecorder,
): ClipFormat | null {
  return FORMATS.find(({ mimeType }) => recorder?.isTypeSupported(mimeType)) ?? null;
}
