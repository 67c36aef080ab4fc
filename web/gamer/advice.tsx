import { useMemo, useRef, useState } from 'preact/hooks';
import type { Clock } from '../../shared/clock.ts';
import type { StreamQuality, Where } from '../sdk/types.ts';
import './advice.css';
import { Button, TextButton } from '../ui/buttons.tsx';
import { qualityLabel } from '../ui/labels.ts';
import { CheckLink } from '../ui/layout.tsx';
import { AdviceWatch, useRenderAt } from './advice-watch.ts';
import { LEAST_SCALE, type Remedy, type SlownessSituation, slownessOf, softerThan } from './slowness.ts';

interface AdviceProps {
  situation: SlownessSituation;
  clock: Clock;
  onScale: (scale: number) => void;
  onQuality: (quality: StreamQuality) => void;
  onWhere: (where: Where) => void;
  /** Shows the person how to get volunteers. */
  onHelp: () => void;
}

/** Why the picture is slow, in one sentence, and what to do about it, at one press. */
export function Advice({ situation, clock, onScale, onQuality, onWhere, onHelp }: AdviceProps) {
  const watch = useRef(new AdviceWatch());
  const [, setDismissals] = useState(0);
  const { report, source, where, quality, scale, volunteers } = situation;
  const told = watch.current.update(
    slownessOf(situation),
    [report?.kind, source, where, quality, scale, volunteers.length].join(' '),
    clock.now(),
  );
  useRenderAt(watch.current.changesAtMs, clock);
  // Announced once: the figures of a sentence change all the time.
  const announced = useMemo(() => told?.sentence ?? '', [told?.cause]);
  const softer = softerThan(quality);
  const remedies: Record<Remedy, { label: string; apply: () => void }> = {
    smaller: { label: `Lower the scale to ${LEAST_SCALE}×`, apply: () => onScale(LEAST_SCALE) },
    softer: { label: `Softer picture: ${qualityLabel(softer ?? quality)}`, apply: () => softer && onQuality(softer) },
    here: { label: 'Compute here', apply: () => onWhere('local') },
    volunteers: { label: 'Let volunteers help', apply: () => onWhere('auto') },
    help: { label: 'Get help', apply: onHelp },
  };
  return (
    <>
      {/* In the page from the start, since screen readers announce only what changes in an element that they know. */}
      <p class="advice__announcer" role="status">
        {announced}
      </p>
      {told && (
        <div class="advice" role="note" aria-label="Why it is slow" data-testid="advice" data-cause={told.cause}>
          <p class="advice__sentence">{told.sentence}</p>
          <div class="advice__remedies">
            {told.remedies.map((remedy) => (
              <Button key={remedy} onPress={remedies[remedy].apply} testId={`advice-${remedy}`}>
                {remedies[remedy].label}
              </Button>
            ))}
            {told.cause === 'processor' && <CheckLink label="Find out why" />}
            <TextButton
              onPress={() => {
                watch.current.dismiss();
                setDismissals((count) => count + 1);
              }}
            >
              Not now
            </TextButton>
          </div>
        </div>
      )}
    </>
  );
}
