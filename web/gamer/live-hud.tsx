import type { Quality, VolunteerInfo } from '../sdk/types.ts';
import { formatCount, formatKbps, formatMs, formatRate, NO_FIGURE } from '../ui/format.ts';
import { type ChartLine, LiveChart } from '../ui/live-chart.tsx';
import { ShareBar } from '../ui/share-bar.tsx';
import { StageBar } from '../ui/stage-bar.tsx';
import { Stat, Stats } from '../ui/stat.tsx';
import type { StreamStats } from './client.ts';
import { frameShares } from './frame-shares.ts';
import { CHART_WINDOW_S } from './live-show.ts';
import { isSharpening, qualityHint } from './messages.ts';
import type { LiveReport } from './show.ts';
import { streamStages } from './stage-times.ts';

const LINES: readonly [ChartLine, ChartLine] = [
  { name: 'Frames', colour: 'accent', unit: 'fps' },
  { name: 'Typical delay', colour: 'blue', unit: 'ms' },
];

/** With a hard space, lest the sign stand alone on a line. */
const DELAY_LABEL = 'Delay, typical / slowest 5\u00a0%';

interface LiveHudProps {
  report: LiveReport | null;
  /** What was chosen. */
  quality: Quality;
  helpers: string;
}

/** The figures of a stream. */
export function LiveFigures({ report, quality, helpers }: LiveHudProps) {
  const stats = report?.stats;
  const isMeasured = stats !== undefined && isSharpening(stats);
  const { p50, p95 } = stats?.glassToGlassMs ?? { p50: 0, p95: 0 };
  const isSending = stats !== undefined && stats.framesSent > 0;
  return (
    <Stats isWide>
      <Stat label="Frames in" value={report ? formatRate(report.capturedFps) : NO_FIGURE} unit="fps" testId="fps-in" />
      <Stat label="Frames out" value={stats ? formatRate(stats.fps) : NO_FIGURE} unit="fps" testId="fps" />
      <Stat
        label={DELAY_LABEL}
        value={isMeasured ? `${formatMs(p50)} / ${formatMs(p95)}` : NO_FIGURE}
        unit="ms"
        testId="latency"
      />
      <Stat
        label="Sharpened by"
        value={helpers}
        {...(isMeasured && stats.quality && { hint: qualityHint(stats.quality, quality) })}
        testId="helpers"
      />
      <Stat
        label="Sent"
        value={isSending ? formatKbps(stats.uplinkKbps) : NO_FIGURE}
        {...(stats?.codec && { unit: stats.codec })}
      />
      <Stat label="Received" value={isSending ? formatKbps(stats.downlinkKbps) : NO_FIGURE} />
    </Stats>
  );
}

interface LiveDetailsProps {
  report: LiveReport;
  volunteers: readonly VolunteerInfo[];
}

/** Where a frame's time goes, who works on them, the last minute, and what became of every frame. */
export function LiveDetails({ report: { stats, columns }, volunteers }: LiveDetailsProps) {
  const shares = isSharpening(stats) ? frameShares(stats, volunteers) : [];
  const delay = isSharpening(stats) ? `, typically ${formatMs(stats.glassToGlassMs.p50)} milliseconds late` : '';
  return (
    <>
      {isSharpening(stats) && <StageBar stages={streamStages(stats)} />}
      {shares.length > 0 && <ShareBar label="Frames by" shares={shares} />}
      <LiveChart
        lines={LINES}
        columns={columns}
        windowS={CHART_WINDOW_S}
        summary={`The last minute: now ${formatRate(stats.fps)} frames a second${delay}.`}
      />
      <Frames stats={stats} />
    </>
  );
}

/** Every frame's fate. */
function Frames({ stats }: { stats: StreamStats }) {
  const drops = Object.entries(stats.framesDropped).filter(([, count]) => count > 0);
  const dropped = drops.reduce((sum, [, count]) => sum + count, 0);
  return (
    <details class="hud-frames">
      <summary data-testid="frames">
        {formatCount(stats.framesPresented)} frames shown, {formatCount(dropped)} dropped
      </summary>
      <dl class="hud-frames__list">
        <Count name="captured" count={stats.framesCaptured} />
        <Count name="sent to volunteers" count={stats.framesSent} />
        <Count name="sharpened here" count={stats.framesLocal} />
        <Count name="shown unsharpened" count={stats.framesUnsharpened} />
        {drops.map(([cause, count]) => (
          <Count key={cause} name={`dropped: ${cause.replaceAll('-', ' ')}`} count={count} />
        ))}
      </dl>
    </details>
  );
}

function Count({ name, count }: { name: string; count: number }) {
  return (
    <div class="hud-frames__entry">
      <dt>{name}</dt>
      <dd class="figures">{formatCount(count)}</dd>
    </div>
  );
}
