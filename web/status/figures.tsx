import type { ServerStatus } from '../../shared/server-status.ts';
import { Stat, Stats } from '../ui/figures.tsx';
import { formatBytes, formatCount, formatMs, formatPercent, formatRate } from '../ui/format.ts';
import { Notice, Panel } from '../ui/layout.tsx';
import { type ChartLine, LiveChart } from '../ui/live-chart.tsx';
import { linkSuccess, meanJoinMs, type Rates } from './rates.ts';
import { type Charts, STATUS_CHART_WINDOW_S } from './status-watch.ts';

const PEOPLE: readonly [ChartLine, ChartLine] = [
  { name: 'Sockets', colour: 'accent', unit: 'open' },
  { name: 'Joins', colour: 'blue', unit: 'per second' },
];
const TRAFFIC: readonly [ChartLine, ChartLine] = [
  { name: 'Signals', colour: 'accent', unit: 'per second' },
  { name: 'Refusals', colour: 'blue', unit: 'per second' },
];
const MACHINE: readonly [ChartLine, ChartLine] = [
  { name: 'Event loop lag, p99', colour: 'accent', unit: 'ms' },
  { name: 'Processor', colour: 'blue', unit: '% of a core' },
];

interface FiguresProps {
  status: ServerStatus;
  /** Null before the second sample. */
  rates: Rates | null;
  charts: Charts;
}

/** The server's statistics: members, traffic and refusals, links between browsers, and the load of the machine. */
export function Figures({ status, rates, charts }: FiguresProps) {
  const { now, links, loopLagS } = status;
  return (
    <>
      {status.draining && (
        <Notice
          title="This server is stopping"
          text="It accepts nobody new. Pages reconnect to the next server by themselves."
        />
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
            windowS={STATUS_CHART_WINDOW_S}
            summary={`The last five minutes; now ${formatCount(now.sockets)} sockets.`}
          />
        </Panel>
        <Panel title="Traffic">
          <LiveChart
            lines={TRAFFIC}
            columns={charts.traffic}
            windowS={STATUS_CHART_WINDOW_S}
            summary={`The last five minutes; now ${formatRate(rates?.signalsPerS ?? Number.NaN)} signals per second.`}
          />
          <RefusalTable refusals={status.refusals} />
        </Panel>
      </div>
      <div class="status__column">
        <Panel title="Links between browsers" note="as reported by gamers' pages">
          <Stats isWide>
            <Stat label="Introduced" value={formatCount(status.matches)} unit="pairs" />
            <Stat label="Direct" value={formatCount(links.direct)} testId="direct-links" />
            <Stat label="Through TURN" value={formatCount(links.relay)} />
            <Stat label="Failed attempts" value={formatCount(links.failed)} />
            <Stat label="Success" value={formatPercent(linkSuccess(status))} />
            <Stat label="Share of TURN" value={formatPercent(links.relay / (links.direct + links.relay))} />
          </Stats>
          {links.failed > links.direct + links.relay && (
            <p class="soft">
              Most attempts fail. Browsers in different networks may need a TURN server; set TURN_URLS.
            </p>
          )}
        </Panel>
        <Panel title="Machine">
          <LiveChart
            lines={MACHINE}
            columns={charts.machine}
            windowS={STATUS_CHART_WINDOW_S}
            summary={`The last five minutes; event loop lag is now ${formatMs(loopLagS.p99 * 1_000)} milliseconds.`}
          />
        </Panel>
      </div>
    </>
  );
}

/** Requests refused since the start, the most frequent first. */
function RefusalTable({ refusals }: Pick<ServerStatus, 'refusals'>) {
  if (refusals.length === 0) return <p class="soft">Nothing has been refused.</p>;
  const rows = [...refusals].sort((a, b) => b.count - a.count);
  return (
    <table class="refusals">
      <caption class="refusals__caption">Refused since the start</caption>
      <thead>
        <tr>
          <th scope="col">What</th>
          <th scope="col">Why</th>
          <th scope="col">Times</th>
        </tr>
      </thead>
      <tbody>
        {rows.map(({ event, reason, count }) => (
          <tr key={`${event} ${reason}`}>
            <td>{event}</td>
            <td>{reason}</td>
            <td>{formatCount(count)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function uptime(uptimeS: number): string {
  const minutes = Math.floor(uptimeS / 60);
  if (minutes < 1) return `${uptimeS} s`;
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? `${hours} h ${minutes % 60} min` : `${Math.floor(hours / 24)} days`;
}
