import { signal } from '@preact/signals';
import { MeshError } from '../../shared/errors.ts';
import type { Invite } from '../../shared/invite.ts';
import { type ModelFetch, withFetch } from '../ui/model-fetches.ts';
import { TimeWindow } from '../ui/time-window.ts';
import type { Node, NodeStats, StartNode } from './node.ts';

/** `off`: not started, or stopped. */
export type Phase = 'off' | 'starting' | 'serving' | 'paused' | 'reconnecting' | 'failed';

const REPORT_INTERVAL_MS = 1_000;
/** What the chart shows. */
export const CHART_WINDOW_S = 60;
const MAX_SAMPLES = (CHART_WINDOW_S * 1_000) / REPORT_INTERVAL_MS + 1;

export interface Figures {
  stats: NodeStats;
  framesPerS: number;
  columns: [number[], ...(number | null)[][]];
}

interface StartOptions {
  /** Null: the open lobby. */
  invite: Invite | null;
  name: string;
  maxGamers: number;
}

/** This machine's service: started, paused and stopped by a person, and what it has given. */
export class Volunteering {
  readonly phase = signal<Phase>('off');
  readonly error = signal<MeshError | null>(null);
  /** What went wrong on the way, and left the service as it is. */
  readonly mishap = signal<MeshError | null>(null);
  readonly abilities = signal<Node['capabilities'] | null>(null);
  readonly figures = signal<Figures | null>(null);
  /** The networks' files this start has fetched, or tried to. */
  readonly fetches = signal<readonly ModelFetch[]>([]);
  #node: Node | null = null;
  #timer: ReturnType<typeof setInterval> | undefined;
  #history = new TimeWindow(CHART_WINDOW_S, MAX_SAMPLES);
  #last: { atMs: number; framesDone: number; gamers: number } | null = null;
  /** The start that counts; null when the person wants none. */
  #attempt: symbol | null = null;

  constructor(
    private readonly startNode: StartNode,
    private readonly now: () => number,
  ) {}

  /** Never rejects: what went wrong is in `error`. */
  async start({ invite, name, maxGamers }: StartOptions): Promise<void> {
    if (this.#attempt) return;
    const attempt = Symbol('start');
    this.#attempt = attempt;
    this.phase.value = 'starting';
    this.error.value = null;
    this.mishap.value = null;
    this.fetches.value = [];
    try {
      const node = await this.startNode({
        ...destination(invite),
        ...(name && { name }),
        limits: { maxGamers },
        onModelProgress: (progress) => {
          if (this.#attempt === attempt) this.fetches.value = withFetch(this.fetches.value, progress);
        },
      });
      if (this.#attempt !== attempt) return void node.stop();
      this.#serve(node);
    } catch (cause) {
      if (this.#attempt !== attempt) return;
      this.#attempt = null;
      this.error.value = MeshError.from(cause, 'connection-failed');
      this.phase.value = 'failed';
    }
  }

  /** A failure is dealt with: the person has another invite. */
  forgetFailure(): void {
    if (this.phase.value !== 'failed') return;
    this.phase.value = 'off';
    this.error.value = null;
  }

  pause(): void {
    this.#node?.pause();
  }

  resume(): void {
    this.#node?.resume();
  }

  setMaxGamers(maxGamers: number): void {
    this.#node?.setLimits({ maxGamers });
  }

  async stop(): Promise<void> {
    this.#attempt = null;
    const node = this.#letGo();
    this.phase.value = 'off';
    this.fetches.value = [];
    await node?.stop();
  }

  #serve(node: Node): void {
    this.#node = node;
    this.#history = new TimeWindow(CHART_WINDOW_S, MAX_SAMPLES);
    this.#last = null;
    this.abilities.value = node.capabilities;
    node.addEventListener('state', this.#onState);
    node.addEventListener('error', this.#onMishap);
    this.#timer = setInterval(() => this.#report(node), REPORT_INTERVAL_MS);
    this.#onState();
    this.#report(node);
  }

  #letGo(): Node | null {
    const node = this.#node;
    this.#node = null;
    clearInterval(this.#timer);
    if (node) this.#reportEnd(node);
    node?.removeEventListener('state', this.#onState);
    node?.removeEventListener('error', this.#onMishap);
    return node;
  }

  #report(node: Node): void {
    const stats = node.stats();
    // It was tried again, or somebody else came: either way there is a gamer now.
    const isMore = stats.gamers > (this.#last?.gamers ?? 0);
    if (isMore && this.mishap.value?.reason === 'connection-failed') this.mishap.value = null;
    const atMs = this.now();
    const elapsedS = this.#last ? (atMs - this.#last.atMs) / 1_000 : 0;
    const framesPerS = this.#last && elapsedS > 0 ? (stats.framesDone - this.#last.framesDone) / elapsedS : 0;
    this.#last = { atMs, framesDone: stats.framesDone, gamers: stats.gamers };
    this.#history.add([atMs / 1_000, framesPerS, stats.load * 100]);
    this.abilities.value = node.capabilities;
    this.figures.value = { stats, framesPerS, columns: this.#history.columns(2) };
  }

  /** What was given stays to be read; nobody is helped any more. */
  #reportEnd(node: Node): void {
    const stats = { ...node.stats(), gamers: 0, load: 0 };
    this.figures.value = { stats, framesPerS: 0, columns: this.#history.columns(2) };
  }

  readonly #onState = () => {
    const state = this.#node?.state;
    if (state === undefined) return;
    if (state !== 'stopped') {
      this.phase.value = state === 'probing' ? 'starting' : state;
      return;
    }
    // Not by us: we let go of a node before we stop it.
    this.#letGo();
    this.#attempt = null;
    this.phase.value = 'failed';
    this.fetches.value = [];
    this.error.value = this.mishap.value ?? MeshError.closed('The room');
    this.mishap.value = null;
  };

  readonly #onMishap = (event: Event) => {
    this.mishap.value = MeshError.from((event as CustomEvent<unknown>).detail);
  };
}

function destination(invite: Invite | null): { lobby: true } | { room: string; invite?: string } {
  if (!invite) return { lobby: true };
  return invite.token ? { room: invite.room, invite: invite.token } : { room: invite.room };
}
