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

interface Situation {
  report: Report | null;
  chosen: Quality;
  volunteers: readonly unknown[];
  /** Whether the person is told already: it should not come and go while a better quality is tried. */
  isTold: boolean;
}

/** Why the picture is worse than chosen, where a GPU would help; null where that is not the reason. */
export function whyWithoutGpu({ report, chosen, volunteers, isTold }: Situation): string | null {
  if (report?.kind !== 'stream' || volunteers.length > 0) return null;
  const { running, lowered, localBackend, quality } = report.stats;
  const isLowered = lowered === 'too-slow' || (isTold && lowered === 'getting-ready');
  if (running !== 'local' || !isLowered || !ON_PROCESSOR.includes(localBackend)) return null;
  if (quality === null) {
    return 'No GPU here and no volunteer: this computer’s processor is too slow to sharpen the picture, so you see it as the browser enlarges it.';
  }
  return `No GPU here and no volunteer: this computer’s processor keeps up with ${qualityLabel(quality)}, not with ${qualityLabel(chosen)}.`;
}

interface NoGpuNoticeProps extends Omit<Situation, 'isTold'> {
  scale: number;
  onScale: (scale: number) => void;
}

/** Says that the picture is worse than chosen for want of a GPU, and offers what would help. */
export function NoGpuNotice({ scale, onScale, ...situation }: NoGpuNoticeProps) {
  const isTold = useRef(false);
  const why = whyWithoutGpu({ ...situation, isTold: isTold.current });
  isTold.current = why !== null;
  if (why === null) return null;
  return (
    <Notice title="A graphics card would help" text={why} isWarning testId="no-gpu">
      <Button onPress={() => document.getElementById(GET_HELP_ID)?.scrollIntoView({ behavior: 'smooth' })}>
        Invite a friend with a GPU
      </Button>
      {scale > LEAST_SCALE && (
        <Button onPress={() => onScale(LEAST_SCALE)}>{`Lower the scale to ${LEAST_SCALE}×`}</Button>
      )}
    </Notice>
  );
}
