import * as Comlink from 'comlink';
import { systemClock } from '../../shared/clock.ts';
import { MeshError, type WireError } from '../../shared/errors.ts';
import type { Capabilities, StreamSetup } from '../../shared/messages.ts';
import { TASK_NAMES } from '../../shared/tasks/definition.ts';
import type { Quality } from '../../shared/tasks/upscale.ts';
import type { BackendName } from '../compute/backend.ts';
import { type BrowserModel, BrowserSpeaker } from '../compute/dialogue/browser-speaker.ts';
import { Engine } from '../compute/engine.ts';
import type { ModelProgress } from '../compute/models/model-source.ts';
import { MemoryBudget } from '../dispatch/memory-budget.ts';
import { measuredCodecs, type RankedCodec, rankedCodecs } from '../stream/codec/codecs.ts';
import { StreamMemory } from '../stream/volunteer/stream-memory.ts';
import { BusyMeter } from './busy-meter.ts';
import { LinkEndpoint, type MovedChannels } from './link-endpoint.ts';
import { type LogConnection, relayLog } from './log-relay.ts';
import { openModelStore } from './open-model-store.ts';
import { RememberedSpeeds } from './remembered-speeds.ts';
import { CpuPressureWatch } from './serving/cpu-pressure.ts';
import { HeatGuard } from './serving/heat-guard.ts';
import type { WorkerLimits } from './volunteer-limits.ts';
import './worker-errors.ts';

/** How often the page gets statistics: twice a second looks live. */
const STATS_INTERVAL_MS = 500;

/** Totals since the worker started, except where noted. */
export interface WorkerStats {
  tasksDone: number;
  framesDone: number;
  /** The current load, 0..1. */
  load: number;
  /** What is left of the lent time while the machine is hot; else 1. */
  coolingShare: number;
  /** The qualities with which frames are made at the moment, each once. */
  qualities: Quality[];
  busyMs: number;
  /** From gamers, and of models that were downloaded. */
  bytesIn: number;
  bytesOut: number;
}

/** By link: bytes that its channels in the worker moved, in and out, since the last report. */
export type MovedBytes = ReadonlyMap<string, number>;

/** What the worker reports to its page. */
export type VolunteerWorkerEvent =
  | { kind: 'stats'; stats: WorkerStats; moved: MovedBytes }
  /** The GPU was lost and the machine measured again. */
  | { kind: 'capabilities'; capabilities: Capabilities }
  | { kind: 'model-progress'; progress: ModelProgress }
  | { kind: 'link-broken'; linkId: string; error: WireError }
  | { kind: 'stream-failed'; linkId: string; streamId: number; error: WireError };

/**
 * A volunteer's worker. The page keeps the `control` channels and the connection to the server; everything else runs here, so that a
 * busy or hidden page delays nothing.
 */
class VolunteerWorker {
  readonly #endpoints = new Map<string, LinkEndpoint>();
  readonly #meter = new BusyMeter(systemClock.now, () => this.#engine ?? { busyMs: 0, share: 1 });
  readonly #memory = new MemoryBudget();
  readonly #streamMemory = new StreamMemory();
  readonly #models = openModelStore(
    import.meta.url,
    (progress) => this.#tell({ kind: 'model-progress', progress }),
    (newBytes) => {
      this.#past.bytesIn += newBytes;
    },
  );
  #engine: Engine | null = null;
  #tell: (event: VolunteerWorkerEvent) => void = () => {};
  #paused = false;
  #gpuShare = 1;
  readonly #heat = new HeatGuard({
    now: systemClock.now,
    onChange: () => {
      this.#applyShare();
      this.#tellCapabilities();
    },
  });
  readonly #pressure = new CpuPressureWatch();
  #acceptsDialogue = true;
  #lendsBrowserModel = false;
  #tellCapabilities = () => {};
  #speaker: BrowserSpeaker | null = null;
  /** Bytes of links that have ended, and of models. */
  readonly #past = { bytesIn: 0, bytesOut: 0 };
  /** Of links that ended since the last report. */
  #moved = new Map<string, number>();

  /** Sends this worker's log to the page. */
  openLog(connection: LogConnection): void {
    relayLog(connection);
  }

  codecs(): Promise<RankedCodec[]> {
    return measuredCodecs();
  }

  /** Measures this machine. Throws MeshError if nothing can be computed here. */
  async start(
    tell: (event: VolunteerWorkerEvent) => void,
    limits: WorkerLimits,
    backend?: BackendName,
    browserModel?: BrowserModel,
  ): Promise<Capabilities> {
    // Before the engine is measured and not at the same time, as both use the processor.
    const codecs = await rankedCodecs();
    const toCapabilities = ({ adapter, backends }: Engine['capabilities']): Capabilities => ({
      ...{ adapter, backends: slowed(backends, this.#heat.share), codecs },
      tasks: TASK_NAMES.filter((type) => this.#acceptsDialogue || type !== 'dialogue'),
    });
    this.#tellCapabilities = () => {
      if (this.#engine) tell({ kind: 'capabilities', capabilities: toCapabilities(this.#engine.capabilities) });
    };
    const speeds = new RememberedSpeeds('volunteer', import.meta.url, backend);
    const measuredSpeeds = await speeds.load();
    this.#tell = tell;
    this.applyLimits(limits);
    this.#engine = await Engine.create({
      gpu: navigator.gpu,
      now: systemClock.now,
      ...(backend && { preferBackend: backend }),
      models: this.#models,
      onnx: this.#models,
      language: this.#models,
      browserSpeaker: () => (this.#lendsBrowserModel && browserModel ? this.#browserSpeaker(browserModel) : null),
      ...(measuredSpeeds && { measuredSpeeds }),
      onMeasured: (measured) => speeds.save(measured),
      // While it is paused, a person needs the machine or its battery.
      refresh: { clock: systemClock, isMachineBusy: () => this.#paused },
      onCapabilities: () => this.#tellCapabilities(),
    });
    this.#applyShare();
    this.#tellStats();
    return toCapabilities(this.#engine.capabilities);
  }

  applyLimits({ gpuShare, slowWhenHot, acceptModelsFrom, acceptDialogue, lendBrowserModel }: WorkerLimits): void {
    const isNew = acceptDialogue !== this.#acceptsDialogue;
    this.#acceptsDialogue = acceptDialogue;
    this.#lendsBrowserModel = lendBrowserModel;
    if (isNew) this.#tellCapabilities();
    this.#models.acceptModelsFrom = acceptModelsFrom;
    if (gpuShare !== this.#gpuShare) this.#heat.lentShareChanged();
    this.#gpuShare = gpuShare;
    this.#heat.isOn = slowWhenHot;
    this.#pressure.isWanted = slowWhenHot;
    this.#applyShare();
  }

  #applyShare(): void {
    if (this.#engine) this.#engine.share = this.#gpuShare * this.#heat.share;
  }

  /** Takes ownership of a new connection's channels. Must be called in the event-loop tick that made them. */
  attach(linkId: string, channels: MovedChannels): void {
    this.detach(linkId);
    const engine = this.#started();
    const endpoint = new LinkEndpoint({
      linkId,
      channels,
      engine,
      meter: this.#meter,
      clock: systemClock,
      memory: this.#memory,
      streamMemory: this.#streamMemory,
      accepts: (type) => this.#acceptsDialogue || type !== 'dialogue',
      held: () => sumOf(this.#endpoints.values(), ({ held }) => held),
      onFrameDone: (kind, computeMs) => this.#heat.frame(`${kind}, ${this.#mix()}`, computeMs),
      onBroken: (error) => this.#tell({ kind: 'link-broken', linkId, error: error.toWire() }),
      onStreamFailed: (streamId, error) =>
        this.#tell({ kind: 'stream-failed', linkId, streamId, error: error.toWire() }),
    });
    this.#endpoints.set(linkId, endpoint);
    this.#shareCredit();
  }

  detach(linkId: string): void {
    const endpoint = this.#endpoints.get(linkId);
    if (!endpoint) return;
    this.#endpoints.delete(linkId);
    this.#past.bytesIn += endpoint.bytesIn;
    this.#past.bytesOut += endpoint.bytesOut;
    this.#countMoved(linkId, endpoint);
    endpoint.dispose();
    this.#shareCredit();
  }

  /** Opens a stream, or changes an open one. Returns the backend that upscales it. Throws MeshError. */
  async setupStream(linkId: string, setup: StreamSetup): Promise<string> {
    const endpoint = this.#endpoints.get(linkId);
    if (!endpoint) throw MeshError.closed('The link');
    if (this.#paused) throw pausedError();
    return endpoint.setupStream(setup);
  }

  closeStream(linkId: string, streamId: number): void {
    this.#endpoints.get(linkId)?.closeStream(streamId);
  }

  pageShown(isShown: boolean): void {
    this.#pressure.isPageShown = isShown;
  }

  /** The page was awake from one time to another, ms since 1970. */
  wasAwake(fromMs: number, toMs: number): void {
    this.#engine?.wasAwake(fromMs - performance.timeOrigin, toMs - performance.timeOrigin);
  }

  /** Hands running work back at once and takes no more. */
  pause(): void {
    this.#paused = true;
    this.#shareCredit();
    for (const endpoint of this.#endpoints.values()) endpoint.closeStreams(pausedError());
  }

  resume(): void {
    this.#paused = false;
    this.#shareCredit();
  }

  #browserSpeaker(model: BrowserModel): BrowserSpeaker {
    this.#speaker ??= new BrowserSpeaker({
      answer: (id, conversation, onText) => model.answer(id, conversation, Comlink.proxy(onText)),
      cancel: (id) => model.cancel(id),
    });
    return this.#speaker;
  }

  #started(): Engine {
    if (!this.#engine) throw new MeshError('closed', 'The volunteer has not started. Start it first.');
    return this.#engine;
  }

  /** What all streams compute at the moment: their frames wait for each other. */
  #mix(): string {
    return [...this.#endpoints.values()]
      .flatMap(({ qualities }) => qualities)
      .sort()
      .join(' ');
  }

  #shareCredit(): void {
    for (const endpoint of this.#endpoints.values()) endpoint.setGamers(this.#paused ? null : this.#endpoints.size);
  }

  #tellStats(): void {
    systemClock.after(STATS_INTERVAL_MS, () => this.#tellStats());
    const { tasksDone, framesDone, busyMs } = this.#meter;
    const load = this.#meter.measureLoad();
    const endpoints = [...this.#endpoints.values()];
    const backends = endpoints.flatMap((endpoint) => endpoint.streamBackends);
    this.#heat.check(load, this.#pressure.pressureOn(backends));
    const coolingShare = this.#heat.share;
    const bytesIn = this.#past.bytesIn + sumOf(endpoints, (endpoint) => endpoint.bytesIn);
    const bytesOut = this.#past.bytesOut + sumOf(endpoints, (endpoint) => endpoint.bytesOut);
    const qualities = [...new Set(endpoints.flatMap((endpoint) => endpoint.qualities))];
    for (const [linkId, endpoint] of this.#endpoints) this.#countMoved(linkId, endpoint);
    const moved = this.#moved;
    this.#moved = new Map();
    this.#tell({
      kind: 'stats',
      stats: { tasksDone, framesDone, load, coolingShare, qualities, busyMs, bytesIn, bytesOut },
      moved,
    });
  }

  #countMoved(linkId: string, endpoint: LinkEndpoint): void {
    this.#moved.set(linkId, (this.#moved.get(linkId) ?? 0) + endpoint.takeMovedBytes());
  }
}

export type VolunteerWorkerApi = VolunteerWorker;

/** What a machine that computes for a part of the time offers. */
function slowed(backends: Capabilities['backends'], share: number): Capabilities['backends'] {
  const speeds = Object.entries(backends).map(([kind, speed]) => [
    kind,
    { ...speed, unitsPerMs: speed.unitsPerMs * share },
  ]);
  return Object.fromEntries(speeds);
}

function sumOf<T>(items: Iterable<T>, value: (item: T) => number): number {
  let sum = 0;
  for (const item of items) sum += value(item);
  return sum;
}

function pausedError(): MeshError {
  return new MeshError('volunteer-failed', 'The volunteer paused. The work continues elsewhere.');
}

Comlink.expose(new VolunteerWorker());
