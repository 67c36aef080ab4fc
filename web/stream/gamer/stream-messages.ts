import type { MeshError } from '../../../shared/errors.ts';
import type { PictureSize } from '../../../shared/tasks/upscale-size.ts';
import type { UpscaledFrame, UpscaleOutcome } from '../frame.ts';
import type { StreamQuality } from '../settings.ts';
import type { SideDecision } from './side-choice.ts';
import type { StreamReason } from './stream-reason.ts';

export interface StreamState {
  decision: SideDecision;
  /** Why the newest frame could not be used; null when it could. */
  frameError: MeshError | null;
  /** Size of frames that are too large, and the size they are made; null where they are not. */
  reduced: { from: PictureSize; to: PictureSize } | null;
  local: {
    isReady: boolean;
    error: MeshError | null;
    /** Whether this computer is too slow to sharpen frames that move. */
    isPassthrough: boolean;
    /** Why this computer cannot run a better quality; null if that is not the reason. */
    qualityError: MeshError | null;
  };
  chosen: StreamQuality;
  /** What is on the screen; null before the first frame. */
  shown: Pick<UpscaledFrame, 'outcome' | 'volunteerId'> | null;
  /** Null if the volunteer has left. */
  nameOf(volunteerId: string): string | null;
}

/** Explains to the user what the stream does and why. The most important comes first; it is never empty. */
export function explainStream(state: StreamState): StreamReason[] {
  const { frameError, reduced } = state;
  if (frameError) {
    const text = `The newest frame cannot be used (${frameError.reason}): ${frameError.message}`;
    return [{ kind: 'frame-failed', text }];
  }
  if (!reduced) return explainSharpening(state);
  const { from, to } = reduced;
  const text = `The source is too large: its frames of ${from.width}x${from.height} are made smaller, ${to.width}x${to.height}.`;
  return [...explainSharpening(state), { kind: 'source-reduced', text }];
}

function explainSharpening({ decision, local, chosen, shown, nameOf }: StreamState): StreamReason[] {
  const { running, reason } = decision;
  if (running === 'volunteers' || local.isReady) {
    if (running === 'local' && local.isPassthrough && shown?.outcome === null) {
      const text =
        'This computer is too slow to sharpen at this rate: frames are shown unsharpened, so that they keep coming.';
      return [reason, { kind: 'too-slow', text }];
    }
    if (!shown?.outcome) return [reason];
    const { outcome, volunteerId } = shown;
    const isLocal = volunteerId === null;
    const by = isLocal ? 'This computer' : (nameOf(volunteerId) ?? 'The volunteer');
    const text = explainQuality(chosen, outcome, by, isLocal ? local.qualityError : null);
    return text === '' ? [reason] : [reason, { kind: 'lower-quality', text }];
  }
  if (local.error) {
    return [{ kind: 'cannot-sharpen', text: `This computer shows frames unsharpened: ${local.error.message}` }];
  }
  const text = 'Getting ready: this computer measures how to sharpen, and shows frames as they come meanwhile.';
  return [{ kind: 'measuring', text }];
}

/** Why the quality is below the chosen one; empty if it is not, or if none was chosen. */
function explainQuality(
  chosen: StreamQuality,
  { quality, downgradeReason }: UpscaleOutcome,
  by: string,
  error: MeshError | null,
): string {
  if (downgradeReason === null || chosen === 'auto' || quality === chosen) return '';
  if (downgradeReason === 'getting-ready')
    return `${by} is getting '${chosen}' ready: '${quality}' is shown meanwhile.`;
  if (downgradeReason === 'too-slow') return `${by} is too slow for '${chosen}' at this rate: '${quality}' is shown.`;
  return `${by} cannot run '${chosen}' now: '${quality}' is shown.${error ? ` ${error.message}` : ''}`;
}
