import type { Quality } from '../sdk/types.ts';
import { backendWords } from '../ui/backend-messages.ts';
import { formatMs, NO_FIGURE } from '../ui/format.ts';
import { StageBar } from '../ui/stage-bar.tsx';
import { Stat, Stats } from '../ui/stat.tsx';
import { qualityHint } from './messages.ts';
import type { StillReport } from './show.ts';
import { taskStages } from './stage-times.ts';

/** The figures of one sharpened picture. */
export function StillFigures({ report, chosen, helpers }: { report: StillReport; chosen: Quality; helpers: string }) {
  const { timing, quality, width, height } = report;
  return (
    <Stats>
      <Stat label="Result" value={`${width} × ${height}`} unit="px" />
      <Stat label="Took" value={timing ? formatMs(timing.totalMs) : NO_FIGURE} unit="ms" testId="latency" />
      <Stat
        label="Sharpened by"
        value={helpers}
        {...(timing && { hint: qualityHint(quality, chosen) })}
        testId="helpers"
      />
      <Stat
        label="Attempts"
        value={timing ? String(timing.attempts) : NO_FIGURE}
        {...(timing && { hint: `on the ${backendWords(timing.backend)}` })}
      />
    </Stats>
  );
}

/** Where the time went. */
export function StillDetails({ report: { timing } }: { report: StillReport }) {
  return timing && <StageBar stages={taskStages(timing)} />;
}
