import type { StreamQuality } from '../sdk/types.ts';
import { StageBar, Stat, Stats } from '../ui/figures.tsx';
import { formatMs, NO_FIGURE } from '../ui/format.ts';
import { backendLabel } from '../ui/labels.ts';
import { qualityHint } from './messages.ts';
import type { ImageReport } from './renderers.ts';
import { isEnlarged } from './sharpening.ts';
import { taskStages } from './stages.ts';

interface StillFiguresProps {
  report: ImageReport | null;
  chosen: StreamQuality;
  helpers: string;
}

/** Main figures of one sharpened picture. */
export function StillFigures({ report, chosen, helpers }: StillFiguresProps) {
  const timing = report?.timing;
  const isFiltered = report !== null && isEnlarged(report.quality);
  return (
    <Stats>
      <Stat
        label="Result"
        {...(report ? { value: `${report.width} × ${report.height}`, unit: 'px' } : { value: NO_FIGURE })}
      />
      <Stat
        label="Took"
        {...(timing ? { value: formatMs(timing.totalMs), unit: 'ms' } : { value: NO_FIGURE })}
        testId="latency"
      />
      <Stat
        label={isFiltered ? 'Enlarged by' : 'Sharpened by'}
        value={helpers}
        isText
        {...(report && timing && { hint: qualityHint(report.quality, chosen) })}
        testId="helpers"
      />
      <Stat
        label="Attempts"
        value={timing ? String(timing.attempts) : NO_FIGURE}
        {...(timing && { hint: `on the ${backendLabel(timing.backend)}` })}
      />
    </Stats>
  );
}

/** Stages of the task. */
export function StillDetails({ report: { timing } }: { report: ImageReport }) {
  return timing && <StageBar stages={taskStages(timing)} />;
}
