import { formatBytes, formatCount, formatPercent, formatRate } from '../ui/format.ts';
import { type ChartLine, LiveChart } from '../ui/live-chart.tsx';
import { Stat, Stats } from '../ui/stat.tsx';
import { CHART_WINDOW_S, type Figures } from './volunteering.ts';

const LINES: readonly [ChartLine, ChartLine] = [
  { name: 'Frames', colour: 'accent', unit: 'per second' },
  { name: 'Load', colour: 'blue', unit: '%', top: 100 },
];

/** What this machine has contributed, and its current load. */
export function FiguresPanel({ figures: { stats, framesPerS, columns } }: { figures: Figures }) {
  return (
    <div class="volunteer__figures">
      <Stats>
        <Stat label="Frames given" value={formatCount(stats.framesDone)} testId="frames" />
        <Stat label="Tasks done" value={formatCount(stats.tasksDone)} testId="tasks" />
        <Stat label="Gamers now" value={formatCount(stats.gamers)} testId="gamers" />
        <Stat label="Load" value={formatPercent(stats.load)} testId="load" />
        <Stat label="Data in" value={formatBytes(stats.bytesIn)} />
        <Stat label="Data out" value={formatBytes(stats.bytesOut)} />
      </Stats>
      <LiveChart
        lines={LINES}
        columns={columns}
        windowS={CHART_WINDOW_S}
        summary={`The last minute: now ${formatRate(framesPerS)} frames a second at a load of ${formatPercent(stats.load)}.`}
      />
    </div>
  );
}
