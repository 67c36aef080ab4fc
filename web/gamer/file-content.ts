import { MeshError } from '../../shared/errors.ts';
import type { FileKind } from './source.ts';

/** What a file holds, by its bytes: names and types are often wrong. */
type FileContent =
  | { kind: 'empty' | 'unknown' }
  | { kind: 'picture'; format: string }
  /** A container that no browser plays. */
  | { kind: 'container'; format: string }
  /** Names of the codecs; null where there is none of the kind. */
  | { kind: 'media'; picture: string | null; isPictureDecodable: boolean; sound: string | null };

/** Bytes at the start of a file, from an offset, in Latin-1. */
const SIGNATURES: readonly [kind: 'picture' | 'container', format: string, atByte: number, signature: string][] = [
  ['picture', 'PNG', 0, '\x89PNG'],
  ['picture', 'JPEG', 0, '\xff\xd8\xff'],
  ['picture', 'GIF', 0, 'GIF8'],
  ['picture', 'WebP', 8, 'WEBP'],
  ['picture', 'AVIF', 4, 'ftypavif'],
  ['picture', 'HEIC', 4, 'ftyphei'],
  ['picture', 'HEIC', 4, 'ftypmif1'],
  ['picture', 'BMP', 0, 'BM'],
  ['picture', 'TIFF', 0, 'II*\0'],
  ['picture', 'TIFF', 0, 'MM\0*'],
  ['container', 'AVI', 8, 'AVI '],
  ['container', 'Windows Media', 0, '\x30\x26\xb2\x75'],
  ['container', 'MPEG', 0, '\0\0\x01\xba'],
  ['container', 'Flash', 0, 'FLV'],
];
const SIGNATURE_BYTES = 16;

const CODEC_NAMES: Readonly<Record<string, string>> = {
  avc: 'H.264',
  hevc: 'H.265 (HEVC)',
  mp4v: 'MPEG-4 Part 2',
  prores: 'ProRes',
};

const PLAYS = 'H.264 in MP4, or VP9 in WebM';

/** Why a file cannot be shown as what it was chosen for: what it holds, and what would work. Never rejects. */
export async function explainFile(file: File, wanted: FileKind, cause?: unknown): Promise<MeshError> {
  const content = await contentOf(file).catch(() => ({ kind: 'unknown' }) as const);
  const message = `This browser cannot show “${file.name}” as a ${wanted === 'image' ? 'picture' : 'video'}: ${reasonFor(content, wanted)}`;
  return new MeshError('bad-input', message, { cause });
}

function reasonFor(content: FileContent, wanted: FileKind): string {
  const [is, advice] = wanted === 'image' ? whyNoPicture(content) : whyNoVideo(content);
  return `${is}. ${advice}.`;
}

function whyNoPicture(content: FileContent): [is: string, advice: string] {
  if (content.kind === 'empty') return ['the file is empty', 'Choose another'];
  if (content.kind === 'media' || content.kind === 'container') return ['it is no picture', 'Choose it as a video'];
  const is = content.kind === 'picture' ? `it is a ${content.format} picture, damaged or not known here` : 'it is none';
  return [is, 'Try PNG, JPEG or WebP'];
}

function whyNoVideo(content: FileContent): [is: string, advice: string] {
  switch (content.kind) {
    case 'empty':
      return ['the file is empty', 'Choose another'];
    case 'picture':
      return [`it is a ${content.format} picture, whatever its name says`, 'Choose it as a picture'];
    case 'container':
      return [`it is a ${content.format} file, which no browser plays`, `Convert it to ${PLAYS}`];
    case 'unknown':
      return ['it is damaged, or no video', `Choose one with ${PLAYS}`];
    case 'media':
      return whyNoPictureInVideo(content);
  }
}

function whyNoPictureInVideo({
  picture,
  isPictureDecodable,
  sound,
}: FileContent & { kind: 'media' }): [string, string] {
  if (picture === null && sound === null) return ['it holds neither picture nor sound', `Choose one with ${PLAYS}`];
  if (picture === null) return [`it holds sound alone (${sound})`, `Choose one with a picture: ${PLAYS}`];
  if (isPictureDecodable) return [`its picture (${picture}) is damaged`, 'Get the file again, or choose another'];
  return [`its picture is in ${picture}, which this browser does not decode`, `Convert it to ${PLAYS}`];
}

async function contentOf(file: File): Promise<FileContent> {
  if (file.size === 0) return { kind: 'empty' };
  const bytes = new Uint8Array(await file.slice(0, SIGNATURE_BYTES).arrayBuffer());
  const start = String.fromCharCode(...bytes);
  const known = SIGNATURES.find(([, , atByte, signature]) => start.startsWith(signature, atByte));
  if (!known) return mediaIn(file);
  const [kind, format] = known;
  return { kind, format };
}

/** Loads the demuxers only now: most files play. Rejects for a file that none of them knows. */
async function mediaIn(file: File): Promise<FileContent> {
  const { ALL_FORMATS, BlobSource, Input } = await import('mediabunny');
  const input = new Input({ formats: ALL_FORMATS, source: new BlobSource(file) });
  try {
    const [video] = await input.getVideoTracks();
    const [audio] = await input.getAudioTracks();
    return {
      kind: 'media',
      picture: video ? codecName(await video.getCodec(), video.internalCodecId) : null,
      isPictureDecodable: (await video?.canDecode()) ?? false,
      sound: audio ? codecName(await audio.getCodec(), audio.internalCodecId) : null,
    };
  } finally {
    input.dispose();
  }
}

/** @param id - as the container names it, for a codec that the demuxer does not know. */
function codecName(codec: string | null, id: unknown): string {
  const name = codec ?? (typeof id === 'string' ? id.trim() : 'an unknown format');
  return CODEC_NAMES[name] ?? name.toUpperCase();
}
