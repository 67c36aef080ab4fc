import { signal } from '@preact/signals';
import { MeshError } from '../../shared/errors.ts';
import type { Invite } from '../../shared/invite.ts';
import { NETWORKS } from '../../shared/tasks/upscale.ts';
import { pageDiagnostics } from '../sdk/diagnostics.ts';
import type { LimitState, VolunteerLimits, VolunteerNode } from '../sdk/p2c2r.ts';
import { type ModelFetch, withFetch } from '../ui/model-progress.tsx';
import { TimeWindow } from '../ui/time-window.ts';
import type { Helping } from './history-state.ts';

/** `off`: not started, or stopped. */
export type Phase = 'off' | 'starting' | 'serving' | 'paused' | 'reconnecting' | 'failed';

const REPORT_INTERVAL_MS = 1_000;
/** Time that the chart covers. */
export const CHART_WINDOW_S = 60;
const MAX_SAMPLES = (CHART_WINDOW_S * 1_000) / REPORT_INTERVAL_MS + 1;

export interface Figures {
  stats: NodeStats;
  /** Time since the start in which it had a gamer, ms. */
  helpedMs: number;
  framesPerS: number;
  columns: [number[], ...(number | null)[][]];
}

interface StartOptions {
  /** Null: the open lobby. */
  invite: Invite | null;
  name: string;
  limits: Partial<VolunteerLimits>;
  /** Hides this machine's network address from gamers; needs a relay at the server. */
  relayOnly: boolean;
}

/** The state of volunteering on this machine, and what it has contributed. */
export class Volunteering {
  readonly phase = signal<Phase>('off');
  readonly error = signal<MeshError | null>(null);
  /** An error that did not stop the volunteer. */
  readonly warning = signal<MeshError | null>(null);
  /** Where it helps; null while it does not. */
  readonly helping = signal<Helping | null>(null);
  /** What pauses it now, besides the person. */
  readonly limitStates = signal<readonly LimitState[]>([]);
  readonly isPausedByHand = signal(false);
  /** Whether this network blocks WebSockets. */
  readonly isPolling = signal(false);
  readonly capabilities = signal<Node['capabilities'] | null>(null);
  readonly figures = signal<Figures | null>(null);
  /** Progress of the network files fetched since the start. */
  readonly fetches = signal<readonly ModelFetch[]>([]);
  #node: Node | null = null;
  #timer: ReturnType<typeof setInterval> | undefined;
  #history = new TimeWindow(CHART_WINDOW_S, MAX_SAMPLES);
  #last: { atMs: number; framesDone: number; gamers: number } | null = null;
  #helpedMs = 0;
  /** Limits that the person changed while the node started. */
  #limitsSetMeanwhile: Partial<VolunteerLimits> | null = null;
  /** The current start; null when the person has stopped. */
  #attempt: symbol | null = null;

  constructor(
    private readonly startNode: StartNode,
    private readonly now: () => number,
  ) {}

  /** Never rejects; failures are in `error`. */
  async start({ invite, name, limits, relayOnly }: StartOptions): Promise<void> {
    if (this.#attempt) return;
    const attempt = Symbol('start');
    this.#attempt = attempt;
    this.#limitsSetMeanwhile = null;
    this.phase.value = 'starting';
    this.helping.value = { invite };
    this.error.value = null;
    this.warning.value = null;
    this.fetches.value = [];
    try {
      const node = await this.startNode({
        ...destination(invite),
        ...(name && { name }),
        limits,
        relayOnly,
        onModelProgress: (progress) => {
          if (this.#attempt === attempt) this.fetches.value = withFetch(this.fetches.value, progress, NETWORKS);
        },
      });
      if (this.#attempt !== attempt) return void node.stop();
      this.#serve(node);
    } catch (cause) {
      if (this.#attempt !== attempt) return;
      this.#attempt = null;
      this.helping.value = null;
      this.error.value = MeshError.from(cause, 'connection-failed');
      this.phase.value = 'failed';
    }
  }

  /** Call it when the person has another invite. */
  clearFailure(): void {
    if (this.phase.value !== 'failed') return;
    this.phase.value = 'off';
    this.error.value = null;
  }

  pause(): void {
    this.isPausedByHand.value = true;
    this.#node?.pause();
  }

  resume(): void {
    this.isPausedByHand.value = false;
    this.#node?.resume();
  }

  setLimits(limits: Partial<VolunteerLimits>): void {
    if (this.#node) this.#node.setLimits(limits);
    else this.#limitsSetMeanwhile = limits;
  }

  async stop(): Promise<void> {
    this.#attempt = null;
    const node = this.#detach();
    this.helping.value = null;
    this.phase.value = 'off';
    this.fetches.value = [];
    await node?.stop();
  }

  /** A report for diagnosing a problem. */
  diagnose(): Promise<object> {
    return this.#node?.diagnostics() ?? pageDiagnostics();
  }

  #serve(node: Node): void {
    this.#node = node;
    if (this.#limitsSetMeanwhile) node.setLimits(this.#limitsSetMeanwhile);
    this.#history = new TimeWindow(CHART_WINDOW_S, MAX_SAMPLES);
    this.#last = null;
    this.#helpedMs = 0;
    this.capabilities.value = node.capabilities;
    node.addEventListener('state', this.#onState);
    node.addEventListener('error', this.#onError);
    this.#timer = setInterval(() => this.#report(node), REPORT_INTERVAL_MS);
    this.#onState();
    this.#report(node);
  }

  #detach(): Node | null {
    const node = this.#node;
    this.#node = null;
    this.limitStates.value = [];
    this.isPausedByHand.value = false;
    clearInterval(this.#timer);
    if (node) this.#reportEnd(node);
    node?.removeEventListener('state', this.#onState);
    node?.removeEventListener('error', this.#onError);
    return node;
  }

  #report(node: Node): void {
    const stats = node.stats();
    // A retry succeeded or another gamer came: either way there is a gamer now.
    const isMore = stats.gamers > (this.#last?.gamers ?? 0);
    if (isMore && this.warning.value?.reason === 'connection-failed') this.warning.value = null;
    const atMs = this.now();
    const elapsedS = this.#last ? (atMs - this.#last.atMs) / 1_000 : 0;
    if (stats.gamers > 0) this.#helpedMs += elapsedS * 1_000;
    const framesPerS = this.#last && elapsedS > 0 ? (stats.framesDone - this.#last.framesDone) / elapsedS : 0;
    this.#last = { atMs, framesDone: stats.framesDone, gamers: stats.gamers };
    this.#history.add([atMs / 1_000, framesPerS, stats.load * 100]);
    this.capabilities.value = node.capabilities;
    this.figures.value = { stats, helpedMs: this.#helpedMs, framesPerS, columns: this.#history.columns(2) };
  }

  /** Keeps the totals on the page, with no gamers and no load. */
  #reportEnd(node: Node): void {
    const stats = { ...node.stats(), gamers: 0, load: 0 };
    this.figures.value = { stats, helpedMs: this.#helpedMs, framesPerS: 0, columns: this.#history.columns(2) };
  }

  readonly #onState = () => {
    const state = this.#node?.state;
    if (state === undefined) return;
    if (state !== 'reconnecting') this.isPolling.value = this.#node?.isPolling ?? false;
    this.limitStates.value = this.#node?.limitStates ?? [];
    if (state !== 'stopped') {
      this.phase.value = state === 'probing' ? 'starting' : state;
      return;
    }
    // Stopped from outside: our own `stop` removes this listener first.
    this.#detach();
    this.#attempt = null;
    this.helping.value = null;
    this.phase.value = 'failed';
    this.fetches.value = [];
    this.error.value = this.warning.value ?? MeshError.closed('The room');
    this.warning.value = null;
  };

  readonly #onError = (event: Event) => {
    this.warning.value = MeshError.from((event as CustomEvent<unknown>).detail);
  };
}

function destination(invite: Invite | null): { lobby: true } | { room: string; invite?: string } {
  if (!invite) return { lobby: true };
  return invite.token ? { room: invite.room, invite: invite.token } : { room: invite.room };
}

/** The part of a node that the page uses. Tests replace it with a fake. */
export type Node = Pick<
  VolunteerNode,
  | 'capabilities'
  | 'state'
  | 'isPolling'
  | 'limitStates'
  | 'setLimits'
  | 'stats'
  | 'pause'
  | 'resume'
  | 'stop'
  | 'addEventListener'
  | 'removeEventListener'
> & { diagnostics(): Promise<object> };

export type StartNode = (options: NonNullable<Parameters<typeof VolunteerNode.start>[0]>) => Promise<Node>;
export type NodeStats = ReturnType<Node['stats']>;
