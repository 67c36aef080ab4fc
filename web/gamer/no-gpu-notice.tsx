import { useRef } from 'preact/hooks';
import type { Quality } from '../sdk/types.ts';
import { Button } from '../ui/buttons.tsx';
import { qualityLabel } from '../ui/format.ts';
import { Notice } from '../ui/layout.tsx';
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
  chosen: Quality;
  volunteers: readonly unknown[];
}

/** What the person was told, and when it was true last, ms. */
export interface Told {
  why: string;
  atMs: number;
}

/** Why the picture is worse than chosen, where a GPU would help; null where that is not the reason, and was not a moment ago. */
export function whyWithoutGpu(
  { report, chosen, volunteers }: Situation,
  before: Told | null,
  nowMs: number,
): Told | null {
  if (report?.kind !== 'stream' || volunteers.length > 0) return null;
  const { running, lowered, localBackend, quality } = report.stats;
  if (running !== 'local' || !ON_PROCESSOR.includes(localBackend)) return null;
  if (lowered !== 'too-slow') return before && nowMs - before.atMs < LINGER_MS ? before : null;
  const what = quality
    ? `keeps up with ${qualityLabel(quality)}, not with ${qualityLabel(chosen)}.`
    : 'is too slow to sharpen the picture, so you see it as the browser enlarges it.';
  return { why: `No GPU here and no volunteer: this computer’s processor ${what}`, atMs: nowMs };
}

interface NoGpuNoticeProps extends Situation {
  scale: number;
  onScale: (scale: number) => void;
}

/** Says that the picture is worse than chosen for want of a GPU, and offers what would help. */
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
    </Notice>
  );
}
