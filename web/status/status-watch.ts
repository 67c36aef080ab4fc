import { signal } from '@preact/signals';
import { type ServerStatus, serverStatusSchema } from '../../shared/server-status.ts';
import { TimeWindow } from '../ui/time-window.ts';
import { type Rates, ratesBetween } from './rates.ts';

/** `locked`: the server needs a token, or shows the status on its own machine only. `away`: it does not answer. */
export type WatchState = 'loading' | 'live' | 'locked' | 'away';

export const STATUS_CHART_WINDOW_S = 300;
const INTERVAL_MS = 2_000;
const MAX_SAMPLES = (STATUS_CHART_WINDOW_S * 1_000) / INTERVAL_MS + 1;

type Columns = [number[], ...(number | null)[][]];

/** The times and one column per line for each chart. */
export interface Charts {
  people: Columns;
  traffic: Columns;
  machine: Columns;
}

interface Environment {
  load(token: string): Promise<Response>;
  /** Monotonic, ms. */
  now(): number;
  token: string;
  onToken(token: string): void;
}

/** Polls the server's status and keeps the last minutes for the charts. */
export class StatusWatch {
  readonly state = signal<WatchState>('loading');
  /** Why the state is not `live`, in the words of the server. */
  readonly trouble = signal('');
  readonly status = signal<ServerStatus | null>(null);
  readonly rates = signal<Rates | null>(null);
  readonly charts = signal<Charts | null>(null);
  readonly #windows = {
    people: new TimeWindow(STATUS_CHART_WINDOW_S, MAX_SAMPLES),
    traffic: new TimeWindow(STATUS_CHART_WINDOW_S, MAX_SAMPLES),
    machine: new TimeWindow(STATUS_CHART_WINDOW_S, MAX_SAMPLES),
  };
  #token: string;
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** The latest request. A newer one or a stop makes the answers of older ones obsolete. */
  #request: symbol | null = null;

  constructor(private readonly environment: Environment) {
    this.#token = environment.token;
  }

  start(): void {
    void this.#poll();
  }

  stop(): void {
    this.#request = null;
    clearTimeout(this.#timer);
  }

  useToken(token: string): void {
    this.#token = token;
    this.stop();
    void this.#poll();
  }

  async #poll(): Promise<void> {
    const request = Symbol('request');
    this.#request = request;
    const outcome = await this.#load();
    if (this.#request !== request) return;
    if (typeof outcome === 'object') this.#show(outcome);
    this.#timer = setTimeout(() => void this.#poll(), INTERVAL_MS);
  }

  /** @returns null when there is no status; then `state` says why. */
  async #load(): Promise<ServerStatus | null> {
    try {
      const response = await this.environment.load(this.#token);
      if (!response.ok) {
        this.trouble.value = (await response.text()).trim();
        this.state.value = response.status === 401 || response.status === 403 ? 'locked' : 'away';
        return null;
      }
      return serverStatusSchema.parse(await response.json());
    } catch {
      this.trouble.value = 'Trying again every few seconds.';
      this.state.value = 'away';
      return null;
    }
  }

  #show(status: ServerStatus | null): void {
    if (!status) return;
    if (this.#token && this.state.value !== 'live') this.environment.onToken(this.#token);
    const timeS = this.environment.now() / 1_000;
    const rates = ratesBetween(this.status.value, status);
    this.#windows.people.add([timeS, status.now.sockets, rates?.joinsPerS ?? null]);
    this.#windows.traffic.add([timeS, rates?.signalsPerS ?? null, rates?.refusalsPerS ?? null]);
    this.#windows.machine.add([timeS, status.loopLagS.p99 * 1_000, rates ? rates.cpu * 100 : null]);
    this.status.value = status;
    this.rates.value = rates;
    this.charts.value = {
      people: this.#windows.people.columns(2),
      traffic: this.#windows.traffic.columns(2),
      machine: this.#windows.machine.columns(2),
    };
    this.state.value = 'live';
  }
}
