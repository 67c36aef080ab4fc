import type { AudioCodec, Output } from 'mediabunny';
import { MeshError } from '../../shared/errors.ts';

export interface ClipFile {
  blob: Blob;
  extension: 'mp4' | 'webm';
}

/** Encodes what a canvas shows into a video file. */
export interface ClipWriter {
  /** Whether the file has the sound that was asked for: a browser may not encode any. */
  readonly hasSound: boolean;
  /** Adds the canvas as it is now. Resolves when the encoder can take another frame. */
  add(timeS: number, durationS: number): Promise<void>;
  /** Encodes what is left and writes the file. */
  finish(): Promise<ClipFile>;
  /** Frees the encoder without a file. */
  cancel(): Promise<void>;
}

/** MP4 plays nearly everywhere; VP8 is the cheapest of WebM's codecs to encode in software. */
const FORMATS = [
  { codec: 'avc', extension: 'mp4' },
  { codec: 'vp8', extension: 'webm' },
  { codec: 'vp9', extension: 'webm' },
] as const;

/** High, since sharp edges are what a clip shows. */
const BITRATE_BPS = 8_000_000;

/** `quality`, the default, makes software encoders several times slower; a clip competes with the stream that it records. */
const LATENCY_MODE = 'realtime';

/**
 * Whether this browser can record clips. Mediabunny encodes with WebCodecs, so a browser without VideoEncoder (Firefox for Android)
 * records none, although it has a MediaRecorder. That one writes WebM without a duration and drops frames when it is stopped.
 */
export function canRecordClips(): boolean {
  return typeof VideoEncoder !== 'undefined';
}

/** Players of MP4 know AAC best; Chromium on Linux encodes only Opus. */
const SOUND_CODECS = { mp4: ['aac', 'opus'], webm: ['opus'] } as const;
const SOUND_BITRATE_BPS = 128_000;

/**
 * Opens a writer for a canvas with even sides that keep their size. Loads the muxer only now, since most visitors never record a clip.
 *
 * @param sound - recorded beside it, from now on; the caller stops it. A browser that cannot encode sound records without.
 * Rejects with MeshError `unsupported-browser` when the browser can encode no video of this size.
 */
export async function openClipWriter(
  canvas: HTMLCanvasElement,
  sound: MediaStreamTrack | null = null,
): Promise<ClipWriter> {
  const { BufferTarget, CanvasSource, canEncodeVideo, Mp4OutputFormat, Output, Quality, WebMOutputFormat } =
    await import('mediabunny');
  const encoding = { quality: new Quality({ bitrate: BITRATE_BPS }), latencyMode: LATENCY_MODE } as const;
  for (const { codec, extension } of FORMATS) {
    const { width, height } = canvas;
    if (!(await canEncodeVideo(codec, { ...encoding, width, height }))) continue;
    const format = extension === 'mp4' ? new Mp4OutputFormat() : new WebMOutputFormat();
    const target = new BufferTarget();
    const output = new Output({ format, target });
    const source = new CanvasSource(canvas, { ...encoding, codec });
    output.addVideoTrack(source);
    const soundFailure = sound ? await addSound(output, sound, SOUND_CODECS[extension]) : null;
    await output.start();
    return {
      hasSound: soundFailure !== null,
      add: async (timeS, durationS) => {
        if (soundFailure?.error) throw soundFailure.error;
        await source.add(timeS, durationS);
      },
      finish: async () => {
        await output.finalize();
        return { blob: new Blob(target.buffer ? [target.buffer] : [], { type: format.mimeType }), extension };
      },
      cancel: () => output.cancel(),
    };
  }
  throw new MeshError(
    'unsupported-browser',
    'This browser cannot encode a video of this size. Choose a smaller scale; Chrome and Edge 94, Firefox 130 and Safari 16.4 encode most.',
  );
}

/** Has the output record a track. The returned object tells of a failure, since recording goes on by itself. Null: the browser cannot encode it. */
async function addSound(
  output: Output,
  track: MediaStreamTrack,
  codecs: readonly AudioCodec[],
): Promise<{ error: unknown } | null> {
  const { getFirstEncodableAudioCodec, MediaStreamAudioTrackSource, Quality } = await import('mediabunny');
  const quality = new Quality({ bitrate: SOUND_BITRATE_BPS });
  const { sampleRate, channelCount } = track.getSettings();
  const format = { ...(sampleRate && { sampleRate }), ...(channelCount && { numberOfChannels: channelCount }) };
  const codec = await getFirstEncodableAudioCodec([...codecs], { quality, ...format });
  if (!codec) return null;
  const source = new MediaStreamAudioTrackSource(track as MediaStreamAudioTrack, { codec, quality });
  const failure: { error: unknown } = { error: null };
  source.errorPromise.catch((error: unknown) => {
    failure.error = error;
  });
  output.addAudioTrack(source);
  return failure;
}
