import type { StreamQuality, Timing, VolunteerInfo, Where } from '../sdk/types.ts';
import { type Share, ShareBar, StageBar, type StageTime, Stat, Stats } from '../ui/figures.tsx';
import { backendLabel, formatCount, formatKbps, formatMs, formatRate, NO_FIGURE } from '../ui/format.ts';
import { type ChartLine, LiveChart } from '../ui/live-chart.tsx';
import type { StreamStats } from './client.ts';
import { nameOf, qualityHint } from './messages.ts';
import { CHART_WINDOW_S, type ImageReport, isSharpening, type StreamReport } from './renderers.ts';

const LINES: readonly [ChartLine, ChartLine] = [
  { name: 'Frames', colour: 'accent', unit: 'fps' },
  { name: 'Typical delay', colour: 'blue', unit: 'ms' },
];

/** A non-breaking space keeps the percent sign on the line of its number. */
const DELAY_LABEL = 'Delay, typical / slowest 5\u00a0%';

interface LiveHudProps {
  report: StreamReport | null;
  /** The chosen quality. */
  quality: StreamQuality;
  helpers: string;
}

/** Main figures of a stream. */
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
  report: StreamReport;
  volunteers: readonly VolunteerInfo[];
}

/** Stages of a frame, who sharpens, a chart of the last minute, and the outcome of every frame. */
export function LiveDetails({ report: { stats, columns }, volunteers }: LiveDetailsProps) {
  const shares = isSharpening(stats) ? frameShares(stats, volunteers) : [];
  const delay = isSharpening(stats)
    ? `, with a typical delay of ${formatMs(stats.glassToGlassMs.p50)} milliseconds`
    : '';
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

/** Counts of frames by outcome. */
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

/** Main figures of one sharpened picture. */
export function StillFigures({
  report,
  chosen,
  helpers,
}: {
  report: ImageReport;
  chosen: StreamQuality;
  helpers: string;
}) {
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
        {...(timing && { hint: `on the ${backendLabel(timing.backend)}` })}
      />
    </Stats>
  );
}

/** Stages of the task. */
export function StillDetails({ report: { timing } }: { report: ImageReport }) {
  return timing && <StageBar stages={taskStages(timing)} />;
}

const ON_THE_WAY = ['uplink', 'downlink'];
const ON_THE_VOLUNTEER = ['queue', 'volunteer decode', 'compute', 'volunteer encode'];

/** The stages of a frame that took time, and where each ran. */
export function streamStages({ stagesMs, running }: Pick<StreamStats, 'stagesMs' | 'running'>): StageTime[] {
  return stagesMs
    .filter(({ p50 }) => p50 > 0)
    .map(({ name, p50 }) => ({ name, ms: p50, place: placeOf(name, running) }));
}

/** The stages of a task that took time. */
export function taskStages({ queueMs, sendMs, computeMs, receiveMs, ranOn }: Timing): StageTime[] {
  const isHere = ranOn === 'local' || ranOn === 'cache';
  const stages: StageTime[] = [
    { name: 'queue', ms: queueMs, place: 'here' },
    { name: 'send', ms: sendMs, place: 'way' },
    { name: 'compute', ms: computeMs, place: isHere ? 'here' : 'there' },
    { name: 'receive', ms: receiveMs, place: 'way' },
  ];
  return stages.filter(({ ms }) => ms > 0);
}

function placeOf(stage: string, running: Where): StageTime['place'] {
  if (running === 'local') return 'here';
  if (ON_THE_WAY.includes(stage)) return 'way';
  return ON_THE_VOLUNTEER.includes(stage) ? 'there' : 'here';
}

/** Smaller shares are rounding errors. */
const LEAST_RATIO = 0.005;

/** Who sharpened the recent frames. What no volunteer did, this machine did. Empty while there are no frames. */
export function frameShares(
  { shares, fps }: Pick<StreamStats, 'shares' | 'fps'>,
  volunteers: readonly { id: string; name: string }[],
): Share[] {
  if (fps === 0) return [];
  const there = shares
    .filter(({ share }) => share >= LEAST_RATIO)
    .map(({ volunteerId, share }): Share => {
      return { id: volunteerId, name: nameOf(volunteerId, volunteers), ratio: share, place: 'there' };
    });
  const hereRatio = 1 - shares.reduce((sum, { share }) => sum + share, 0);
  if (hereRatio < LEAST_RATIO) return there;
  return [...there, { id: 'here', name: 'this computer', ratio: hereRatio, place: 'here' }];
}
