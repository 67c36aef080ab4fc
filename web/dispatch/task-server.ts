import { totalBytes } from '../../shared/bytes.ts';
import { CHANNELS } from '../../shared/channels.ts';
import type { Clock } from '../../shared/clock.ts';
import { MeshError } from '../../shared/errors.ts';
import { type TaskMessage, taskMessageSchema } from '../../shared/messages.ts';
import { checkArrivedTask } from '../../shared/tasks/catalogue.ts';
import type { PackedResult, PackedTask, ReportListener } from '../../shared/tasks/definition.ts';
import { type MessageWithAttachments, withoutAttachments } from '../../shared/wire.ts';
import { FlowChannel } from '../net/flow-channel.ts';
import type { ChannelPort } from '../net/transferable-channel.ts';
import { CreditWindow } from './credit-window.ts';
import { MEMORY, type MemoryBudget } from './memory-budget.ts';
import { SessionStateCache } from './session-state-cache.ts';
import { StalledTransferWatch } from './stalled-transfer-watch.ts';

/** A computed task. */
export interface Executed extends PackedResult {
  backend: string;
  computeMs: number;
}

export interface TaskServerOptions {
  port: ChannelPort;
  /** Runs a task. Rejects with MeshError `device-lost` when another machine may still run it. */
  execute(type: string, packed: PackedTask, signal: AbortSignal, onProgress: ReportListener): Promise<Executed>;
  clock: Clock;
  /** Shared by all gamers of this volunteer. */
  memory: MemoryBudget;
  /** A task was computed. */
  onDone(): void;
  /** A task of this gamer arrived, or the first part of one. */
  onWork(): void;
  /** A message was malformed or the channel broke: the link must end. */
  onBroken(error: MeshError): void;
}

type ArrivedTask = Extract<TaskMessage, { kind: 'task' }>;

interface Running {
  readonly abort: AbortController;
  readonly inputBytes: number;
}

/** The volunteer's end of one link's `tasks` channel. Takes tasks within the credit it granted and answers each exactly once. */
export class TaskServer {
  readonly #options: TaskServerOptions;
  readonly #channel: FlowChannel<TaskMessage>;
  readonly #running = new Map<number, Running>();
  readonly #window: CreditWindow;
  readonly #kept: SessionStateCache;
  readonly #stallWatch: StalledTransferWatch;
  /** The window the gamer was told last. */
  #grantedWindow = 0;
  #creditSerial = 0;
  /** Bytes of the inputs of tasks that are here. */
  #inputBytes = 0;

  constructor(options: TaskServerOptions) {
    this.#options = options;
    const now = () => options.clock.now();
    this.#window = new CreditWindow(now);
    this.#kept = new SessionStateCache(options.clock);
    this.#channel = new FlowChannel(
      options.port,
      CHANNELS.tasks,
      taskMessageSchema,
      {
        onOpen: () => this.#sendCredit(),
        onMessage: (item) => this.#received(item),
        onChunk: () => this.#chunkArrived(),
        onClose: (error) => {
          this.#stallWatch.dispose();
          options.memory.remove(this);
          this.#abortAll();
          this.#kept.clear();
          if (error) options.onBroken(error);
        },
      },
      now,
    );
    this.#stallWatch = new StalledTransferWatch(this.#channel, options.clock, () => {
      const message = 'A transfer to this volunteer came to a halt, so its link was closed. Connect again.';
      this.evict(new MeshError('connection-failed', message));
    });
    options.memory.add(this);
  }

  /** Memory that this gamer takes up here. */
  get retainedBytes(): number {
    return this.#channel.unfinishedBytes + this.#inputBytes + this.#channel.queuedBytes + this.#kept.sizeBytes;
  }

  /** What is kept between the calls of sessions gives way to work. */
  freeSpare(): void {
    this.#kept.clear();
  }

  /** Ends the link. */
  evict(error: MeshError): void {
    if (this.#channel.isClosed) return;
    this.#channel.close();
    this.#options.onBroken(error);
  }

  /** Tasks of this gamer, running and waiting. */
  get held(): number {
    return this.#running.size;
  }

  /** Whether there are tasks of this gamer here or arriving, or results being sent. */
  get hasWork(): boolean {
    if (this.#channel.isClosed) return false;
    return this.#running.size > 0 || this.#channel.unfinishedTransfers > 0 || this.#channel.queuedBytes > 0;
  }

  get stats(): { bytesIn: number; bytesOut: number } {
    return this.#channel.stats;
  }

  /** The most tasks this gamer may have here. Tasks beyond that are handed back at once: all of them at 0, as during a pause. */
  set share(share: number) {
    this.#window.share = share;
    this.#adjust();
  }

  /** The link's round trip. A longer one needs more tasks under way. */
  set rttMs(rttMs: number) {
    this.#window.rttMs = rttMs;
    this.#adjust();
  }

  dispose(): void {
    this.#channel.close();
  }

  #chunkArrived(): void {
    // Also where a chunk completes its transfer: a gamer that reads nothing has its own answers pile up here.
    this.#options.memory.grown(this);
    if (this.#channel.isClosed) return;
    this.#stallWatch.chunkArrived();
    if (this.#channel.unfinishedTransfers > 0) this.#options.onWork();
  }

  #adjust(): void {
    if (this.#window.size === this.#grantedWindow) return;
    this.#sendCredit();
    // The newest ones, because the oldest are being computed.
    for (const id of [...this.#running.keys()].slice(this.#grantedWindow)) {
      this.#abort(id);
      this.#answer(withoutAttachments({ kind: 'returned', id }));
    }
  }

  #sendCredit(): void {
    this.#grantedWindow = this.#window.size;
    if (this.#channel.isClosed) return;
    this.#answer(withoutAttachments({ kind: 'credit', serial: this.#creditSerial++, window: this.#grantedWindow }));
  }

  #received({ message, attachments }: MessageWithAttachments<TaskMessage>): void {
    if (message.kind === 'task') this.#accept(message, attachments);
    else if (message.kind === 'cancel') this.#abort(message.id);
    else throw MeshError.malformed('A gamer sent a result to a volunteer.');
  }

  #accept(task: ArrivedTask, attachments: Uint8Array[]): void {
    const { id } = task;
    if (this.#running.has(id)) throw MeshError.malformed('Two tasks have the same id.');
    // A shrinking credit may cross tasks that are on their way.
    const isTooMany = this.#running.size >= this.#grantedWindow;
    const whole = task.session && !isTooMany ? this.#kept.complete(task.session, attachments) : attachments;
    if (!whole) this.#answer(withoutAttachments({ kind: 'state-gone', id }));
    else if (isTooMany || !this.#options.memory.hasCapacity(this, totalBytes(whole)))
      this.#answer(withoutAttachments({ kind: 'returned', id }));
    else void this.#run(task, whole);
  }

  async #run({ id, type, params, session }: ArrivedTask, attachments: Uint8Array[]): Promise<void> {
    const { clock, execute, onDone, onWork } = this.#options;
    const abort = new AbortController();
    const inputBytes = totalBytes(attachments);
    this.#running.set(id, { abort, inputBytes });
    this.#inputBytes += inputBytes;
    this.#window.taskArrived();
    onWork();
    const arrivedMs = clock.now();
    const sendProgress: ReportListener = (report) => {
      if (!abort.signal.aborted) this.#answer(withoutAttachments(progressMessage(id, report)));
    };
    try {
      const task = checkArrivedTask(type, { params, attachments });
      const executed = await execute(type, task, abort.signal, sendProgress);
      if (abort.signal.aborted) return;
      const { value, backend, computeMs } = executed;
      const queueMs = Math.max(0, clock.now() - arrivedMs - computeMs);
      onDone();
      this.#window.taskDone();
      const message = { kind: 'result', id, value, backend, queueMs, computeMs } as const;
      this.#answer({ message, attachments: executed.attachments });
      if (session) this.#keep(session.id, executed.attachments);
    } catch (cause) {
      if (abort.signal.aborted) return;
      const error = MeshError.from(cause);
      this.#answer(
        withoutAttachments(
          error.reason === 'device-lost' ? { kind: 'returned', id } : { kind: 'failed', id, error: error.toWire() },
        ),
      );
    } finally {
      if (this.#running.get(id)?.abort === abort) this.#forget(id);
      this.#adjust();
    }
  }

  /** Keeps a result for the next call of its session, where nothing has to give way for it. */
  #keep(sessionId: number, attachments: readonly Uint8Array[]): void {
    const isRoom = this.retainedBytes + totalBytes(attachments) <= MEMORY.maxBytesPerLink;
    if (isRoom && !this.#channel.isClosed) this.#kept.keep(sessionId, attachments);
  }

  #answer(item: MessageWithAttachments<TaskMessage>): void {
    if (this.#channel.isClosed) return;
    try {
      const sizeBytes = totalBytes(item.attachments);
      if (sizeBytes > 0 && !this.#options.memory.hasCapacity(this, sizeBytes)) {
        throw new MeshError(
          'queue-full',
          'Too many results wait to be sent to you. Take them before sending more tasks.',
        );
      }
      this.#channel.send(item);
    } catch (cause) {
      // The result does not fit the send queue: the gamer should try elsewhere rather than wait for it.
      const { message } = item;
      const error = MeshError.from(cause);
      if (message.kind === 'result')
        this.#answer(withoutAttachments({ kind: 'failed', id: message.id, error: error.toWire() }));
      // Nothing fits any more. Thrown from here, the error would end whatever computes or shares out credit.
      else this.evict(error);
    }
  }

  #abort(id: number): void {
    this.#running.get(id)?.abort.abort();
    this.#forget(id);
  }

  #forget(id: number): void {
    this.#inputBytes -= this.#running.get(id)?.inputBytes ?? 0;
    this.#running.delete(id);
    if (this.#running.size === 0) this.#window.idle();
  }

  #abortAll(): void {
    for (const id of [...this.#running.keys()]) this.#abort(id);
  }
}

function progressMessage(id: number, report: Parameters<ReportListener>[0]): TaskMessage {
  if (report.stage !== 'speaking') return { kind: 'progress', id, ...report };
  const { model, at, tokens } = report;
  return { kind: 'tokens', id, model, at, tokens: [...tokens] };
}
