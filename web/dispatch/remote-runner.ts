import { CHANNELS } from '../../shared/channels.ts';
import type { Clock } from '../../shared/clock.ts';
import { MeshError } from '../../shared/errors.ts';
import { type Capabilities, type TaskMessage, type TaskSession, taskMessageSchema } from '../../shared/messages.ts';
import { type MessageWithAttachments, withoutAttachments } from '../../shared/wire.ts';
import { ASSUMED_RTT_MS } from '../net/failure-detector.ts';
import { FlowChannel } from '../net/flow-channel.ts';
import { errorOfPeer } from '../net/peer-error.ts';
import type { ChannelPort } from '../net/transferable-channel.ts';
import type { AnswerAttempt, EarlyEnd } from './answer-stream.ts';
import { Estimator } from './estimator.ts';
import type { AttemptResult, Job, Outcome, Runner } from './job.ts';
import type { MemoryBudget, MemoryUser } from './memory-budget.ts';
import { RemoteSessionState } from './remote-session-state.ts';
import { StalledTransferWatch } from './stalled-transfer-watch.ts';
import { RecentQuantile, StragglerThreshold } from './straggler-threshold.ts';

/** Bytes of tasks and results on their way to and from one volunteer, before it gets more. With the largest task on top they fit a send queue. */
export const MAX_BYTES_IN_FLIGHT = 96 * 1024 * 1024;

/** A job that was sent and not answered yet. */
interface Outstanding {
  job: Job;
  /** Bytes of the job that were not sent, since the volunteer keeps them. */
  keptBytes: number;
  session: TaskSession | undefined;
  sentMs: number;
  /** Bytes under way when it was sent, including its own. */
  bytesInFlight: number;
  /** Predicted time from sending it to its result. */
  predictedMs: number;
  /** Compute time of the jobs ahead of it when it was sent. */
  backlogMs: number;
  /** Its own compute time. */
  workMs: number;
  /** Set where the result is said token by token. */
  attempt: AnswerAttempt | undefined;
  onOutcome(outcome: Outcome<AttemptResult>): void;
}

export interface RemoteRunnerOptions {
  volunteerId: string;
  port: ChannelPort;
  clock: Clock;
  /** Shared by all volunteers of this gamer. */
  memory: MemoryBudget;
  /** The volunteer may take another job, or its abilities changed. */
  onRoom(): void;
  /** A job was sent while none was outstanding. */
  onWork?(): void;
  /** Something arrived, possibly only a part of a result: the volunteer is alive. */
  onSign?(): void;
  /** A message was malformed or the channel broke: the link must end. */
  onBroken(error: MeshError): void;
}

/** A volunteer as a runner, over the `tasks` channel of one connection. Tasks are pipelined within its credit. */
export class RemoteRunner implements Runner, MemoryUser {
  readonly id: string;
  readonly #options: RemoteRunnerOptions;
  readonly #channel: FlowChannel<TaskMessage>;
  readonly #stallWatch: StalledTransferWatch;
  readonly #estimator: Estimator;
  readonly #stragglers = new StragglerThreshold();
  readonly #serviceMs = new RecentQuantile(0.99);
  readonly #state: RemoteSessionState;
  readonly #outstanding = new Map<number, Outstanding>();
  readonly #idOfJob = new Map<Job, number>();
  #nextId = 0;
  #capabilities: Capabilities | null = null;
  #creditWindow = 0;
  #creditSerial = -1;
  #backlogMs = 0;
  #bytesInFlight = 0;
  #silent = false;

  constructor(options: RemoteRunnerOptions) {
    this.id = options.volunteerId;
    this.#state = new RemoteSessionState(options.volunteerId);
    this.#options = options;
    const now = () => options.clock.now();
    this.#estimator = new Estimator(ASSUMED_RTT_MS, now);
    this.#channel = new FlowChannel(
      options.port,
      CHANNELS.tasks,
      taskMessageSchema,
      {
        onMessage: (item) => this.#received(item),
        onChunk: () => {
          options.onSign?.();
          options.memory.grown(this);
          this.#stallWatch.chunkArrived();
        },
        onClose: (error) => {
          this.#stallWatch.dispose();
          options.memory.remove(this);
          this.#loseAll(error);
          if (error) options.onBroken(error);
        },
      },
      now,
    );
    this.#stallWatch = new StalledTransferWatch(this.#channel, options.clock, () => {
      const message = 'A result from a volunteer came to a halt, so the link was closed. The task runs elsewhere.';
      this.evict(new MeshError('connection-failed', message));
    });
    options.memory.add(this);
  }

  /** Memory of results that are not complete. What waits to be sent is this side's own doing, and bounded by {@link MAX_BYTES_IN_FLIGHT}. */
  get retainedBytes(): number {
    return this.#channel.unfinishedBytes;
  }

  /** Ends the link. */
  evict(error: MeshError): void {
    if (this.#channel.isClosed) return;
    this.#channel.close();
    this.#options.onBroken(error);
  }

  /** From the volunteer's hello; null before it. */
  set capabilities(capabilities: Capabilities | null) {
    this.#capabilities = capabilities;
    if (capabilities) this.#estimator.announce(capabilities.backends);
    this.#options.onRoom();
  }

  set rttMs(rttMs: number) {
    this.#estimator.setRtt(rttMs);
  }

  /** Jobs are outstanding and there is no sign of life: the volunteer is suspected, not lost. */
  get isSilent(): boolean {
    return this.#silent;
  }

  set isSilent(silent: boolean) {
    this.#silent = silent;
    this.#options.onRoom();
  }

  /** Jobs sent and not answered. */
  get outstanding(): number {
    return this.#outstanding.size;
  }

  get unfinishedTransfers(): number {
    return this.#channel.unfinishedTransfers;
  }

  /** 99th percentile of the compute time of recent jobs, ms; not of answers, which give up their turn at every token. */
  get serviceP99Ms(): number {
    return this.#serviceMs.value;
  }

  get isAccepting(): boolean {
    return this.#creditWindow > 0 && !this.#channel.isClosed;
  }

  get hasCapacity(): boolean {
    if (!this.isAccepting || this.#outstanding.size >= this.#creditWindow) return false;
    // More than a send queue holds would be refused there, and count as the volunteer's failure.
    return this.#outstanding.size === 0 || this.#bytesInFlight < MAX_BYTES_IN_FLIGHT;
  }

  can(type: string): boolean {
    return this.#capabilities?.tasks.includes(type) ?? false;
  }

  predictMs(job: Job): number {
    const transferMs = this.#estimator.transferMs(asSent(job, this.#state.keptBytes(job)), this.#bytesInFlight);
    return transferMs + this.#estimator.serviceMs(job, this.#backlogMs) + this.#overdueMs();
  }

  workMs(job: Job): number {
    return this.#estimator.workMs(asSent(job, this.#state.keptBytes(job)));
  }

  lateAfterMs(job: Job): number {
    return this.#stragglers.lateAfterMs(job, this.predictMs(job));
  }

  measuredAtMs(kind: string): number | null {
    return this.#estimator.measuredAtMs(kind);
  }

  isRunning(kind: string): boolean {
    for (const job of this.#idOfJob.keys()) if (job.kind === kind) return true;
    return false;
  }

  start(job: Job, onOutcome: (outcome: Outcome<AttemptResult>) => void): void {
    const id = this.#nextId;
    this.#nextId = (this.#nextId + 1) >>> 0;
    const { type } = job;
    const { clock } = this.#options;
    const onEarlyEnd = (earlyEnd: EarlyEnd) => this.#endEarly(id, earlyEnd);
    const attempt = job.answerStream?.begin({ runnerId: this.id, clock, onEarlyEnd });
    const predictedMs = this.predictMs(job);
    const { session, attachments, keptBytes } = this.#state.send(job);
    const { params } = (attempt ?? job).packed;
    try {
      const message = { kind: 'task', id, type, params, ...(session && { session }) } as const;
      this.#channel.send({ message, attachments });
    } catch (cause) {
      attempt?.end();
      queueMicrotask(() => onOutcome({ kind: 'lost', error: MeshError.from(cause) }));
      return;
    }
    const workMs = this.#estimator.computeMs(job);
    const times = { sentMs: clock.now(), predictedMs, backlogMs: this.#backlogMs, workMs };
    this.#backlogMs += workMs;
    this.#bytesInFlight += job.bytesOut - keptBytes + job.bytesIn;
    const sent = { job, keptBytes, session, ...times, bytesInFlight: this.#bytesInFlight };
    this.#outstanding.set(id, { ...sent, attempt, onOutcome });
    this.#idOfJob.set(job, id);
    if (this.#outstanding.size === 1) this.#options.onWork?.();
  }

  cancel(job: Job): void {
    const id = this.#idOfJob.get(job);
    if (id !== undefined) this.#withdraw(id);
  }

  #withdraw(id: number): Outstanding | undefined {
    const outstanding = this.#take(id);
    if (!this.#channel.isClosed) this.#channel.send(withoutAttachments({ kind: 'cancel', id }));
    this.#options.onRoom();
    return outstanding;
  }

  #endEarly(id: number, earlyEnd: EarlyEnd): void {
    this.#withdraw(id)?.onOutcome(earlyEnd);
  }

  dispose(): void {
    this.#channel.close();
  }

  /** By how much the oldest job exceeds its predicted time. For all that is known it may take as long again. */
  #overdueMs(): number {
    const [oldest] = this.#outstanding.values();
    return oldest ? Math.max(0, this.#options.clock.now() - oldest.sentMs - oldest.predictedMs) : 0;
  }

  #received({ message, attachments }: MessageWithAttachments<TaskMessage>): void {
    if ('id' in message && message.id >= this.#nextId) {
      throw MeshError.malformed('A volunteer answered a task that it was never given.');
    }
    if (message.kind === 'credit') {
      if (message.serial <= this.#creditSerial) return;
      this.#creditSerial = message.serial;
      this.#creditWindow = message.window;
      if (message.window === 0) this.#takeAllBack();
    } else if (message.kind === 'result') this.#finished(message, attachments);
    else if (message.kind === 'failed') {
      this.#take(message.id)?.onOutcome({ kind: 'failed', error: errorOfPeer(message.error, 'volunteer') });
    } else if (message.kind === 'progress') {
      const { stage, share } = message;
      const { job, attempt } = this.#outstanding.get(message.id) ?? {};
      attempt?.onReport({ stage, share });
      job?.onProgress?.({ stage, share });
      return;
    } else if (message.kind === 'tokens') {
      this.#outstanding.get(message.id)?.attempt?.onReport({ ...message, stage: 'speaking' });
      return;
    } else if (message.kind === 'state-gone') this.#sendWhole(message.id);
    else if (message.kind === 'returned') this.#take(message.id)?.onOutcome({ kind: 'returned' });
    else throw MeshError.malformed('A volunteer sent a task to a gamer.');
    this.#options.onRoom();
  }

  /** The volunteer dropped what the call goes on from. */
  #sendWhole(id: number): void {
    const outstanding = this.#outstanding.get(id);
    // Our cancel crossed it.
    if (!outstanding) return;
    const { job, keptBytes, session } = outstanding;
    if (!session?.kept.length) throw MeshError.malformed('A volunteer lacks what was sent to it.');
    const whole: TaskSession = { ...session, kept: [] };
    Object.assign(outstanding, { session: whole, keptBytes: 0 });
    this.#bytesInFlight += keptBytes;
    const { type, packed } = job;
    const message = { kind: 'task', id, type, params: packed.params, session: whole } as const;
    try {
      this.#channel.send({ message, attachments: packed.attachments });
    } catch (cause) {
      this.#take(id)?.onOutcome({ kind: 'lost', error: MeshError.from(cause) });
    }
  }

  /** A pause: the volunteer hands everything back, but what is still on its way there only once it has arrived, which may take seconds. */
  #takeAllBack(): void {
    for (const id of [...this.#outstanding.keys()]) this.#take(id)?.onOutcome({ kind: 'returned' });
  }

  #finished(message: Extract<TaskMessage, { kind: 'result' }>, attachments: Uint8Array[]): void {
    const outstanding = this.#take(message.id);
    // The result crossed our cancel.
    if (!outstanding) return;
    const { job, keptBytes, session, sentMs, bytesInFlight, predictedMs, backlogMs, attempt, onOutcome } = outstanding;
    if (session) this.#state.finished(job, session, message.value);
    const earlyEnd = attempt?.finish(message.value);
    if (earlyEnd) {
      onOutcome(earlyEnd);
      return;
    }
    const elapsedMs = this.#options.clock.now() - sentMs;
    // A volunteer cannot claim more time than we observed.
    const computeMs = Math.min(message.computeMs, elapsedMs);
    const queueMs = Math.min(message.queueMs, elapsedMs - computeMs);
    const transferMs = elapsedMs - computeMs - queueMs;
    const sent = asSent(job, keptBytes);
    this.#estimator.learn({ job: sent, computeMs, queueMs, backlogMs, transferMs, bytesInFlight, elapsedMs });
    if (!attempt) this.#serviceMs.add(computeMs);
    this.#stragglers.learn(job.kind, predictedMs, elapsedMs);
    const { value, backend } = message;
    onOutcome({ kind: 'done', result: { packed: { value, attachments }, backend, queueMs, computeMs } });
  }

  #take(id: number): Outstanding | undefined {
    const outstanding = this.#outstanding.get(id);
    if (!outstanding) return undefined;
    const { job, keptBytes, workMs, attempt } = outstanding;
    attempt?.end();
    this.#outstanding.delete(id);
    this.#idOfJob.delete(job);
    this.#bytesInFlight -= job.bytesOut - keptBytes + job.bytesIn;
    // Sums of fractions drift, so an empty backlog is set to exactly 0.
    this.#backlogMs = this.#outstanding.size === 0 ? 0 : this.#backlogMs - workMs;
    return outstanding;
  }

  #loseAll(error: MeshError | null): void {
    const lost = [...this.#outstanding.values()];
    this.#outstanding.clear();
    this.#idOfJob.clear();
    const why = error ?? new MeshError('volunteer-failed', 'The volunteer left while it was working.');
    for (const { onOutcome, attempt } of lost) {
      attempt?.end();
      onOutcome({ kind: 'lost', error: why });
    }
  }
}

/** The job with the bytes that are sent of it. */
function asSent(job: Job, keptBytes: number): Job {
  return keptBytes === 0 ? job : { ...job, bytesOut: job.bytesOut - keptBytes };
}
