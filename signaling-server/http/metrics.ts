import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { LinkOutcome, RefusalReason, ServerStatus } from '../../shared/server-status.ts';

/**
 * prom-client's default metrics: processor time, memory, event loop lag, garbage collection. They describe the process, so they have
 * one registry, even when a test starts several servers in it.
 *
 * Two points are worse than in code of our own: the lag covers the time since anybody last read it, so an open status page shortens
 * the window that Prometheus sees, and it includes the interval of the timer that measures it.
 */
const PROCESS = new Registry();
const LAG_TIMER_MS = 10;
collectDefaultMetrics({ register: PROCESS, eventLoopMonitoringPrecision: LAG_TIMER_MS });

/** The server's current state, read when somebody asks for the metrics. */
export interface Present {
  counts: ServerStatus['now'];
  draining: boolean;
}

/** The part of a {@link ServerStatus} that {@link Metrics} provides. */
export type Figures = Omit<ServerStatus, 'version' | 'uptimeS'>;

/** Histogram buckets: from a join on this machine to one from another continent over a bad link, s. */
const JOIN_BUCKETS_S = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
const OUTCOMES: readonly LinkOutcome[] = ['direct', 'relay', 'failed'];

/** The server's metrics, for Prometheus and the status page. They contain no person, room or address. */
export class Metrics {
  readonly #registry = new Registry();
  readonly #joins = this.#counter('p2c2r_joins_total', 'Sessions that joined', ['resumed']);
  readonly #joinTimes = new Histogram({
    name: 'p2c2r_join_seconds',
    help: 'Time from the first byte of a socket to the answer to its join',
    buckets: JOIN_BUCKETS_S,
    registers: [this.#registry],
  });
  readonly #matches = this.#counter('p2c2r_matches_total', 'Introductions of a gamer to a volunteer');
  readonly #signals = this.#counter('p2c2r_signals_total', 'Signals relayed between members');
  readonly #links = this.#counter('p2c2r_links_total', 'Attempts to connect two browsers, as reported by pages', [
    'outcome',
  ]);
  readonly #refusals = this.#counter('p2c2r_refusals_total', 'Refused requests by event and reason', [
    'event',
    'reason',
  ]);

  constructor(private readonly present: () => Present) {
    for (const outcome of OUTCOMES) this.#links.inc({ outcome }, 0);
    for (const resumed of ['yes', 'no']) this.#joins.inc({ resumed }, 0);
    this.#gauge('p2c2r_sockets', 'Open sockets', () => this.present().counts.sockets);
    this.#gauge('p2c2r_rooms', 'Rooms with members', () => this.present().counts.rooms);
    this.#gauge('p2c2r_gamers', 'Gamer sessions', () => this.present().counts.gamers);
    this.#gauge('p2c2r_volunteers', 'Volunteer sessions', () => this.present().counts.volunteers);
    this.#gauge('p2c2r_draining', '1 while the server is stopping', () => Number(this.present().draining));
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  /** @param tookMs from the first byte of its socket to the answer. */
  joined(isResumed: boolean, tookMs: number): void {
    this.#joins.inc({ resumed: isResumed ? 'yes' : 'no' });
    this.#joinTimes.observe(tookMs / 1_000);
  }

  matched(): void {
    this.#matches.inc();
  }

  signalled(): void {
    this.#signals.inc();
  }

  linked(outcome: LinkOutcome): void {
    this.#links.inc({ outcome });
  }

  /** @param event a name from our code, never from the network: each name makes a time series of its own. */
  refused(event: string, reason: RefusalReason): void {
    this.#refusals.inc({ event, reason });
  }

  /** @returns the metrics of the server and its process in Prometheus's text format. */
  text(): Promise<string> {
    return Registry.merge([this.#registry, PROCESS]).metrics();
  }

  async figures(): Promise<Figures> {
    const [joins, times, matches, signals, links, refusals, ofProcess] = await Promise.all([
      this.#joins.get(),
      this.#joinTimes.get(),
      this.#matches.get(),
      this.#signals.get(),
      this.#links.get(),
      this.#refusals.get(),
      PROCESS.getMetricsAsJSON(),
    ]);
    const { counts, draining } = this.present();
    const of = (label: string, value: string, { values }: typeof joins) =>
      values.find(({ labels }) => labels[label] === value)?.value ?? 0;
    const processValue = (name: string) => ofProcess.find((metric) => metric.name === name)?.values[0]?.value ?? 0;
    const lagS = (statistic: 'p50' | 'p99' | 'max') =>
      Math.max(0, processValue(`nodejs_eventloop_lag_${statistic}_seconds`) - LAG_TIMER_MS / 1_000);
    return {
      draining,
      now: counts,
      joins: {
        fresh: of('resumed', 'no', joins),
        resumed: of('resumed', 'yes', joins),
        totalS: times.values.find(({ metricName }) => metricName === 'p2c2r_join_seconds_sum')?.value ?? 0,
      },
      matches: matches.values[0]?.value ?? 0,
      signals: signals.values[0]?.value ?? 0,
      links: {
        direct: of('outcome', 'direct', links),
        relay: of('outcome', 'relay', links),
        failed: of('outcome', 'failed', links),
      },
      refusals: refusals.values.map(({ labels, value }) => ({
        event: String(labels.event),
        reason: labels.reason as RefusalReason,
        count: value,
      })),
      loopLagS: { p50: lagS('p50'), p99: lagS('p99'), max: lagS('max') },
      memoryBytes: processValue('process_resident_memory_bytes'),
      cpuS: processValue('process_cpu_seconds_total'),
    };
  }

  #counter(name: string, help: string, labelNames: string[] = []): Counter<string> {
    return new Counter({ name, help, labelNames, registers: [this.#registry] });
  }

  #gauge(name: string, help: string, read: () => number): void {
    new Gauge({
      name,
      help,
      registers: [this.#registry],
      collect() {
        this.set(read());
      },
    });
  }
}
