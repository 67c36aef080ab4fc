import { useRef } from 'preact/hooks';
import type { Quality, StreamQuality } from '../sdk/types.ts';
import { Button } from '../ui/buttons.tsx';
import { qualityLabel } from '../ui/format.ts';
import { CheckLink, Notice } from '../ui/layout.tsx';
import type { Report } from './renderers.ts';

/** Backends that compute on the processor. */
const ON_PROCESSOR: readonly string[] = ['wasm', 'js', 'ort-wasm'];

/** The smallest scale that the page offers: a picture of 640x360 then has little more than half the pixels that it has at 2. */
const LEAST_SCALE = 1.5;

/** Where the invite link is on the page. */
export const GET_HELP_ID = 'get-help';

/** Time, ms, that the notice stays after its reason is gone: a better quality that is only tried must not make it come and go. */
export const LINGER_MS = 10_000;

interface Situation {
  report: Report | null;
  chosen: StreamQuality;
  volunteers: readonly unknown[];
}

/** What the person was told, and when it was true last, ms. */
export interface Told {
  why: string;
  chosen: StreamQuality;
  /** The quality that the processor kept up with; null if with none. */
  quality: Quality | null;
  atMs: number;
}

/**
 * Why the picture is worse than chosen, or not sharpened, where a GPU would help; null where that is not the reason, and was not a moment
 * ago. Where no quality was chosen, only a picture that is not sharpened at all is worse than promised.
 */
export function whyWithoutGpu(
  { report, chosen, volunteers }: Situation,
  before: Told | null,
  nowMs: number,
): Told | null {
  if (report?.kind !== 'stream' || volunteers.length > 0) return null;
  const { running, lowered, localBackend, quality } = report.stats;
  if (running !== 'local' || !ON_PROCESSOR.includes(localBackend)) return null;
  if (lowered === 'too-slow' && (quality === null || chosen !== 'auto')) {
    return { why: whyNow(quality, chosen), chosen, quality, atMs: nowMs };
  }
  const isRecent = before?.chosen === chosen && nowMs - before.atMs < LINGER_MS;
  return isRecent ? { ...before, why: whyBefore(before) } : null;
}

const WITHOUT_HELP = 'No GPU here and no volunteer:';

function whyNow(quality: Quality | null, chosen: StreamQuality): string {
  const what = quality
    ? `keeps up with ${qualityLabel(quality)}, not with ${qualityLabel(chosen)}.`
    : 'is too slow to sharpen the picture, so it is only enlarged.';
  return `${WITHOUT_HELP} this computer’s processor ${what}`;
}

/** Holds while the better quality is on the screen too. */
function whyBefore({ quality, chosen }: Told): string {
  const what = quality ? `did not keep up with ${qualityLabel(chosen)}.` : 'was too slow to sharpen the picture.';
  return `${WITHOUT_HELP} a moment ago, this computer’s processor ${what}`;
}

interface NoGpuNoticeProps extends Situation {
  scale: number;
  onScale: (scale: number) => void;
}

/** Says that the picture is worse than promised for want of a GPU, and offers what would help. */
export function NoGpuNotice({ scale, onScale, ...situation }: NoGpuNoticeProps) {
  const told = useRef<Told | null>(null);
  told.current = whyWithoutGpu(situation, told.current, performance.now());
  if (!told.current) return null;
  return (
    <Notice title="A graphics card would help" text={told.current.why} isWarning testId="no-gpu">
      <Button onPress={() => document.getElementById(GET_HELP_ID)?.scrollIntoView({ behavior: 'smooth' })}>
        Invite a friend with a GPU
      </Button>
      {scale > LEAST_SCALE && (
        <Button onPress={() => onScale(LEAST_SCALE)}>{`Lower the scale to ${LEAST_SCALE}×`}</Button>
      )}
      <CheckLink label="Find out why" />
    </Notice>
  );
}
