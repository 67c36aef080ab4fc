import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { openClipWriter } from '../clip-writer.ts';
import { openVideo } from '../video-file.ts';
import { trackSound } from './source-sound.ts';

const WAIT = { timeout: 60_000, interval: 50 };
const SECONDS = 2;

function openContext(): AudioContext {
  const context = new AudioContext();
  onTestFinished(() => context.close());
  return context;
}

/** A tone as a track. */
function toneTrack(context: AudioContext): MediaStreamTrack {
  const [oscillator, node] = [new OscillatorNode(context), new MediaStreamAudioDestinationNode(context)];
  oscillator.connect(node);
  oscillator.start();
  onTestFinished(() => oscillator.stop());
  const [track] = node.stream.getAudioTracks();
  if (!track) throw new Error('no track');
  return track;
}

/** What arrives at a node. */
function listener(context: AudioContext) {
  const node = new AnalyserNode(context);
  const samples = new Float32Array(node.fftSize);
  const level = () => {
    node.getFloatTimeDomainData(samples);
    return Math.max(...samples.map(Math.abs));
  };
  return { node, level };
}

/** A clip of two seconds as the page records it. */
async function recorded(sound: MediaStreamTrack | null): Promise<{ blob: Blob; extension: string }> {
  const canvas = Object.assign(document.createElement('canvas'), { width: 320, height: 180 });
  const drawing = canvas.getContext('2d');
  const writer = await openClipWriter(canvas, sound);
  const startMs = performance.now();
  for (let frame = 0; frame < SECONDS * 10; frame++) {
    if (drawing) drawing.fillStyle = `hsl(${frame * 20} 90% 50%)`;
    drawing?.fillRect(0, 0, 320, 180);
    await writer.add(frame / 10, 0.1);
    await new Promise((resolve) => setTimeout(resolve, startMs + (frame + 1) * 100 - performance.now()));
  }
  return writer.finish();
}

async function soundIn(blob: Blob): Promise<{ codec: string | null; durationS: number } | null> {
  const { ALL_FORMATS, BlobSource, Input } = await import('mediabunny');
  const input = new Input({ formats: ALL_FORMATS, source: new BlobSource(blob) });
  onTestFinished(() => input.dispose());
  const [track] = await input.getAudioTracks();
  return track ? { codec: await track.getCodec(), durationS: await track.computeDuration() } : null;
}

describe('a clip', () => {
  it('holds what was heard, as long as its picture, and nothing where nothing was', async () => {
    const { blob } = await recorded(toneTrack(openContext()));
    const sound = await soundIn(blob);
    expect(['aac', 'opus']).toContain(sound?.codec);
    expect(sound?.durationS).toBeGreaterThan(SECONDS - 0.5);
    expect(sound?.durationS).toBeLessThan(SECONDS + 1);
    expect(await soundIn((await recorded(null)).blob)).toBeNull();
  });
});

describe('what is played', () => {
  it('is the captured track, until it is disconnected', async () => {
    const context = openContext();
    const { node, level } = listener(context);
    const disconnect = trackSound(toneTrack(context)).connect(node);
    await vi.waitFor(() => expect(level()).toBeGreaterThan(0.5), WAIT);
    disconnect();
    await vi.waitFor(() => expect(level()).toBe(0), WAIT);
  });

  it('is the sound of a video, which plays on when it is turned off and can be turned on again', async () => {
    const { blob, extension } = await recorded(toneTrack(openContext()));
    const source = await openVideo(new File([blob], `tone.${extension}`, { type: blob.type }), { onError: () => {} });
    onTestFinished(() => source.dispose());
    const video = source.element as HTMLVideoElement;
    const context = openContext();
    const { node, level } = listener(context);
    expect([video.muted, source.sound?.standsStill.value]).toEqual([true, false]);

    const disconnect = source.sound?.connect(node);
    expect(source.sound?.standsStill.value).toBe(true);
    await vi.waitFor(() => expect(level()).toBeGreaterThan(0.2), WAIT);
    disconnect?.();
    await vi.waitFor(() => expect(level()).toBe(0), WAIT);
    const atS = video.currentTime;
    await vi.waitFor(() => expect(video.currentTime).not.toBe(atS), WAIT);
    source.sound?.connect(node);
    await vi.waitFor(() => expect(level()).toBeGreaterThan(0.2), WAIT);
  });
});
