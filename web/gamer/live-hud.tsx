import { useRef } from 'preact/hooks';
import type { Quality, StreamQuality, VolunteerInfo } from '../sdk/types.ts';
import { type Share, ShareBar, StageBar, Stat, Stats } from '../ui/figures.tsx';
import { formatCount, formatKbps, formatMs, formatPercent, formatRate, NO_FIGURE } from '../ui/format.ts';
import { type ChartLine, LiveChart } from '../ui/live-chart.tsx';
import type { StreamStats } from './client.ts';
import { nameOf, qualityHint } from './messages.ts';
import { CHART_WINDOW_S, type StreamReport } from './renderers.ts';
import { sharpeningOf, streamExtent } from './sharpening.ts';
import { streamStages } from './stages.ts';

const LINES: readonly [ChartLine, ChartLine] = [
  { name: 'Frames', colour: 'accent', unit: 'fps' },
  { name: 'Typical delay', colour: 'blue', unit: 'ms' },
];

/** A non-breaking space keeps the percent sign on the line of its number. */
const DELAY_LABEL = 'Delay, typical / slowest 5\u00a0%';

/** Smaller gains would be shown as none. */
const LEAST_GAIN_DB = 0.05;

interface LiveHudProps {
  report: StreamReport | null;
  /** The chosen quality. */
  quality: StreamQuality;
  helpers: string;
}

/** Main figures of a stream. */
export function LiveFigures({ report, quality, helpers }: LiveHudProps) {
  const stats = report?.stats;
  const { p50, p95 } = stats?.glassToGlassMs ?? { p50: 0, p95: 0 };
  const isSending = stats !== undefined && stats.framesSent > 0;
  const { byVolunteers, here } = stats ? sharpeningOf(stats) : { byVolunteers: 0, here: 0 };
  const shown = useLastQuality(stats);
  const gainDb = stats?.gainDb ?? 0;
  return (
    <Stats isWide>
      <Stat label="Frames in" value={report ? formatRate(report.capturedFps) : NO_FIGURE} unit="fps" testId="fps-in" />
      <Stat label="Frames out" value={stats ? formatRate(stats.fps) : NO_FIGURE} unit="fps" testId="fps" />
      <Stat
        label={DELAY_LABEL}
        value={p50 > 0 ? `${formatMs(p50)} / ${formatMs(p95)}` : NO_FIGURE}
        unit="ms"
        testId="latency"
      />
      <Stat
        label="Sharpened by"
        value={helpers}
        isText
        {...(shown && { hint: qualityHint(shown, quality) })}
        testId="helpers"
      />
      <Stat
        label={byVolunteers > here ? 'Frames with detail' : 'Frames sharpened'}
        value={stats && stats.fps > 0 ? formatPercent(byVolunteers + here) : NO_FIGURE}
        testId="sharpened"
      />
      <Stat
        label="Gain by detail, estimated"
        {...(gainDb >= LEAST_GAIN_DB ? { value: signed(gainDb, 1), unit: 'dB' } : { value: NO_FIGURE })}
      />
      <Stat
        label="Edge contrast"
        value={report ? signedPercent(report.contrastGain) : NO_FIGURE}
        hint="over the frame stretched"
        testId="contrast"
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

/** @param ratio 0.2 for 20 % */
export function signedPercent(ratio: number): string {
  return Number.isFinite(ratio) ? `${signed(ratio * 100, 0)} %` : NO_FIGURE;
}

function signed(value: number, decimals: number): string {
  const digits = Math.abs(value).toFixed(decimals);
  return `${value < 0 && Number(digits) > 0 ? '−' : '+'}${digits}`;
}

/**
 * The quality of the last frame that was sharpened; null while none is. The picture on the screen may be one without: a line that comes and
 * goes with every frame cannot be read.
 */
function useLastQuality(stats: StreamStats | undefined): Quality | null {
  const last = useRef<Quality | null>(null);
  if (!stats || streamExtent(stats) === 'none') last.current = null;
  else last.current = stats.quality ?? last.current;
  return last.current;
}

const NO_COLUMNS: StreamReport['columns'] = [[], [], []];

interface LiveDetailsProps {
  report: StreamReport | null;
  volunteers: readonly VolunteerInfo[];
}

/** Stages of a frame, who sharpens, a chart of the last minute, and the outcome of every frame. */
export function LiveDetails({ report, volunteers }: LiveDetailsProps) {
  const stats = report?.stats;
  const shares = stats ? frameShares(stats, volunteers) : [];
  const p50 = stats?.glassToGlassMs.p50 ?? 0;
  const delay = p50 > 0 ? `, with a typical delay of ${formatMs(p50)} milliseconds` : '';
  return (
    <>
      <div class="live-bars">
        {stats && p50 > 0 && <StageBar stages={streamStages(stats)} />}
        {shares.length > 0 && <ShareBar label="Frames" shares={shares} />}
      </div>
      <LiveChart
        lines={LINES}
        columns={report?.columns ?? NO_COLUMNS}
        windowS={CHART_WINDOW_S}
        summary={stats ? `The last minute: now ${formatRate(stats.fps)} frames a second${delay}.` : 'No frames yet.'}
      />
      {stats && <Frames stats={stats} />}
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
        <Count name="shown with detail of a volunteer" count={stats.framesWithDetail} />
        <Count name="sharpened here by a network" count={stats.framesLocal} />
        <Count name="sharpened here by a filter" count={stats.framesFiltered} />
        <Count name="only enlarged" count={stats.framesUnsharpened} />
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

/** Smaller shares are rounding errors. */
const LEAST_RATIO = 0.005;

/** Who sharpened the recent frames, and how many were only enlarged. Empty while there are no frames. */
export function frameShares(stats: ShareStats, volunteers: readonly { id: string; name: string }[]): Share[] {
  if (stats.fps === 0) return [];
  const { byVolunteers, here } = sharpeningOf(stats);
  const isHelped = byVolunteers > 0;
  const shares: Share[] = [
    ...(isHelped ? stats.shares : []).map(({ volunteerId, share }): Share => {
      return { id: volunteerId, name: `detail by ${nameOf(volunteerId, volunteers)}`, ratio: share, place: 'there' };
    }),
    { id: 'here', name: 'sharpened on this computer', ratio: here, place: 'here' },
    { id: 'enlarged', name: 'only enlarged', ratio: 1 - byVolunteers - here, place: 'nowhere' },
  ];
  return shares.filter(({ ratio }) => ratio >= LEAST_RATIO);
}

type ShareStats = Parameters<typeof sharpeningOf>[0];
