import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { LinkOutcome, RefusalReason, ServerStatus } from '../../shared/status.ts';
import { LoopLag } from '../boot/event-loop-lag.ts';
import type { ServerClock } from '../clock.ts';

/** What is true now, asked for when somebody looks. */
export interface Present {
  counts: ServerStatus['now'];
  draining: boolean;
}

/** What {@link Metrics} knows of a {@link ServerStatus}. */
export type Figures = Omit<ServerStatus, 'version' | 'uptimeS'>;

/** From a handshake on this machine to one on another continent over a bad link, s. */
const JOIN_BUCKETS_S = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
const OUTCOMES: readonly LinkOutcome[] = ['direct', 'relay', 'failed'];

/** What the server counts of itself, for Prometheus and for the status page. Nothing in it names a person, a room or an address. */
export class Metrics {
  readonly #registry = new Registry();
  readonly #loopLag: LoopLag;
  readonly #joins = this.#counter('p2c2r_joins_total', 'Sessions let in', ['resumed']);
  readonly #joinTimes = new Histogram({
    name: 'p2c2r_join_seconds',
    help: 'From the first byte of a socket to the answer to its join',
    buckets: JOIN_BUCKETS_S,
    registers: [this.#registry],
  });
  readonly #matches = this.#counter('p2c2r_matches_total', 'Pairs of a gamer and a volunteer introduced');
  readonly #signals = this.#counter('p2c2r_signals_total', 'Signals relayed between members');
  readonly #links = this.#counter('p2c2r_links_total', 'Attempts to connect two browsers, as pages report', [
    'outcome',
  ]);
  readonly #refusals = this.#counter('p2c2r_refusals_total', 'What was refused, and why', ['event', 'reason']);

  constructor(
    clock: Pick<ServerClock, 'after'>,
    private readonly present: () => Present,
  ) {
    this.#loopLag = new LoopLag(clock);
    for (const outcome of OUTCOMES) this.#links.inc({ outcome }, 0);
    for (const resumed of ['yes', 'no']) this.#joins.inc({ resumed }, 0);
    this.#gauge('p2c2r_sockets', 'Open sockets', () => this.present().counts.sockets);
    this.#gauge('p2c2r_rooms', 'Rooms with members', () => this.present().counts.rooms);
    this.#gauge('p2c2r_gamers', 'Sessions of gamers', () => this.present().counts.gamers);
    this.#gauge('p2c2r_volunteers', 'Sessions of volunteers', () => this.present().counts.volunteers);
    this.#gauge('p2c2r_draining', '1 while the server is stopping', () => Number(this.present().draining));
    this.#gauge('p2c2r_event_loop_lag_p50_seconds', 'Median lateness of timers', () => this.#loopLag.latest.p50);
    this.#gauge(
      'p2c2r_event_loop_lag_p99_seconds',
      'StragglerThreshold of timers, p99',
      () => this.#loopLag.latest.p99,
    );
    this.#gauge(
      'p2c2r_event_loop_lag_max_seconds',
      'StragglerThreshold of timers, worst',
      () => this.#loopLag.latest.max,
    );
    this.#gauge('process_resident_memory_bytes', 'Memory of the process', () => process.memoryUsage.rss());
    this.#gauge('process_cpu_seconds_total', 'Processor time of the process', cpuS);
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

  /** @param event one of ours, or what came before any: names from the network would each make a series of their own. */
  refused(event: string, reason: RefusalReason): void {
    this.#refusals.inc({ event, reason });
  }

  /** In Prometheus's format. */
  text(): Promise<string> {
    return this.#registry.metrics();
  }

  async figures(): Promise<Figures> {
    const [joins, times, matches, signals, links, refusals] = await Promise.all([
      this.#joins.get(),
      this.#joinTimes.get(),
      this.#matches.get(),
      this.#signals.get(),
      this.#links.get(),
      this.#refusals.get(),
    ]);
    const { counts, draining } = this.present();
    const of = (label: string, value: string, { values }: typeof joins) =>
      values.find(({ labels }) => labels[label] === value)?.value ?? 0;
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
      loopLagS: this.#loopLag.latest,
      memoryBytes: process.memoryUsage.rss(),
      cpuS: cpuS(),
    };
  }

  close(): void {
    this.#loopLag.close();
    this.#registry.clear();
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

function cpuS(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}
