import { type ReadonlySignal, signal } from '@preact/signals';

/** What a source gives to hear. */
export interface SourceSound {
  /** Plays it into a node, whose context belongs to the caller and is the same each time. @returns stops that */
  connect(output: AudioNode): () => void;
  /** Whether there is something to hear now. */
  isPlaying: ReadonlySignal<boolean>;
  /** Whether the source stands still while the context is suspended, even where nothing of it is heard. */
  standsStill: ReadonlySignal<boolean>;
}

const ALWAYS = signal(true);
export const NEVER = signal(false);

/** The sound of a captured track. Whoever owns the track stops it. */
export function trackSound(track: MediaStreamTrack): SourceSound {
  return {
    connect: (output) => {
      const node = new MediaStreamAudioSourceNode(audioContextOf(output), { mediaStream: new MediaStream([track]) });
      node.connect(output);
      return () => node.disconnect();
    },
    isPlaying: ALWAYS,
    standsStill: NEVER,
  };
}

/**
 * The sound of a video, which is muted until it is first connected. From then on all its sound, and with it its time, goes through the audio
 * context; a browser gives an element no way back.
 */
export function videoSound(video: HTMLVideoElement): SourceSound {
  const isTaken = signal(false);
  let taken: { node: MediaElementAudioSourceNode; silence: GainNode } | null = null;
  const take = (context: AudioContext) => {
    const node = new MediaElementAudioSourceNode(context, { mediaElement: video });
    const silence = new GainNode(context, { gain: 0 });
    silence.connect(context.destination);
    video.muted = false;
    isTaken.value = true;
    return { node, silence };
  };
  return {
    connect: (output) => {
      taken ??= take(audioContextOf(output));
      const { node, silence } = taken;
      node.disconnect();
      node.connect(output);
      return () => {
        node.disconnect();
        // Where nothing draws its sound, the video stands still.
        node.connect(silence);
      };
    },
    isPlaying: ALWAYS,
    standsStill: isTaken,
  };
}

/** These nodes exist in contexts that play only, not in those that render offline. */
function audioContextOf({ context }: AudioNode): AudioContext {
  if (context instanceof AudioContext) return context;
  throw new TypeError('Sound that is captured can only be played live.');
}
