import type { ServerStatus } from '../../shared/server-status.ts';
import { Stat, Stats } from '../ui/figures.tsx';
import { formatBytes, formatCount, formatMs, formatPercent, formatRate } from '../ui/format.ts';
import { Notice, Panel } from '../ui/layout.tsx';
import { type ChartLine, LiveChart } from '../ui/live-chart.tsx';
import { linkSuccess, meanJoinMs, type Rates } from './rates.ts';
import { RefusalTable } from './refusal-table.tsx';
import { CHART_WINDOW_S, type Charts } from './status-watch.ts';

const PEOPLE: readonly [ChartLine, ChartLine] = [
  { name: 'Sockets', colour: 'accent', unit: 'open' },
  { name: 'Joins', colour: 'blue', unit: 'per second' },
];
const TRAFFIC: readonly [ChartLine, ChartLine] = [
  { name: 'Signals', colour: 'accent', unit: 'per second' },
  { name: 'Refusals', colour: 'blue', unit: 'each second' },
];
const MACHINE: readonly [ChartLine, ChartLine] = [
  { name: 'Event loop late by, p99', colour: 'accent', unit: 'ms' },
  { name: 'Processor', colour: 'blue', unit: '% of a core' },
];

interface FiguresProps {
  status: ServerStatus;
  /** Null before the second look. */
  rates: Rates | null;
  charts: Charts;
}

/** The server in figures: who is there, what passes, how the machine bears it, and what was refused. */
export function Figures({ status, rates, charts }: FiguresProps) {
  const { now, links, loopLagS } = status;
  return (
    <>
      {status.draining && (
        <Notice title="This server is stopping" text="Pages move to its successor; it takes in nobody new." />
      )}
      <div class="status__column">
        <Panel title="Who is here" note={`up ${uptime(status.uptimeS)}`}>
          <Stats isWide>
            <Stat label="Gamers" value={formatCount(now.gamers)} testId="gamers" />
            <Stat label="Volunteers" value={formatCount(now.volunteers)} testId="volunteers" />
            <Stat label="Rooms" value={formatCount(now.rooms)} />
            <Stat label="Sockets" value={formatCount(now.sockets)} testId="sockets" />
            <Stat label="Mean join" value={formatMs(meanJoinMs(status))} unit="ms" />
            <Stat label="Memory" value={formatBytes(status.memoryBytes)} />
          </Stats>
          <LiveChart
            lines={PEOPLE}
            columns={charts.people}
            windowS={CHART_WINDOW_S}
            summary={`The last minutes: ${formatCount(now.sockets)} sockets now.`}
          />
        </Panel>
        <Panel title="What passes">
          <LiveChart
            lines={TRAFFIC}
            columns={charts.traffic}
            windowS={CHART_WINDOW_S}
            summary={`The last minutes: ${formatRate(rates?.signalsPerS ?? Number.NaN)} signals a second now.`}
          />
          <RefusalTable refusals={status.refusals} />
        </Panel>
      </div>
      <div class="status__column">
        <Panel title="Links between browsers" note="as gamers' pages report them">
          <Stats isWide>
            <Stat label="Introduced" value={formatCount(status.matches)} unit="pairs" />
            <Stat label="Direct" value={formatCount(links.direct)} testId="direct-links" />
            <Stat label="Through TURN" value={formatCount(links.relay)} />
            <Stat label="Failed attempts" value={formatCount(links.failed)} />
            <Stat label="Success" value={formatPercent(linkSuccess(status))} />
            <Stat label="TURN's share" value={formatPercent(links.relay / (links.direct + links.relay))} />
          </Stats>
          {links.failed > links.direct + links.relay && (
            <p class="soft">Most attempts fail: browsers in different networks may need a TURN server in TURN_URLS.</p>
          )}
        </Panel>
        <Panel title="The machine">
          <LiveChart
            lines={MACHINE}
            columns={charts.machine}
            windowS={CHART_WINDOW_S}
            summary={`The last minutes: the event loop is late by ${formatMs(loopLagS.p99 * 1_000)} milliseconds now.`}
          />
        </Panel>
      </div>
    </>
  );
}

function uptime(uptimeS: number): string {
  const minutes = Math.floor(uptimeS / 60);
  if (minutes < 1) return `${uptimeS} s`;
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? `${hours} h ${minutes % 60} min` : `${Math.floor(hours / 24)} days`;
}
