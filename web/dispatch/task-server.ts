import { CHANNELS } from '../../shared/channels.ts';
import { MeshError } from '../../shared/errors.ts';
import { type TaskMessage, taskMessageSchema } from '../../shared/messages.ts';
import { checkArrivedTask } from '../../shared/tasks/catalogue.ts';
import type { PackedResult, PackedTask, ProgressListener } from '../../shared/tasks/definition.ts';
import { bare, type Carried } from '../../shared/wire.ts';
import { FlowChannel } from '../net/flow-channel.ts';
import type { ChannelPort } from '../net/transferable-channel.ts';
import { CreditWindow } from './credit-window.ts';

/** A computed task. */
export interface Executed extends PackedResult {
  backend: string;
  computeMs: number;
}

export interface TaskServerOptions {
  port: ChannelPort;
  /** Runs a task. Rejects with MeshError `device-lost` when another machine may still run it. */
  execute(type: string, packed: PackedTask, signal: AbortSignal, onProgress: ProgressListener): Promise<Executed>;
  now(): number;
  /** A task was computed; `computeMs` is how long it kept this machine busy. */
  onDone(computeMs: number): void;
  /** A task of this gamer arrived, or the first part of one. */
  onWork(): void;
  /** A message was malformed or the channel broke: the link must end. */
  onBroken(error: MeshError): void;
}

type ArrivedTask = Extract<TaskMessage, { kind: 'task' }>;

/** The volunteer's end of one link's `tasks` channel. Takes tasks within the credit it granted and answers each exactly once. */
export class TaskServer {
  readonly #options: TaskServerOptions;
  readonly #channel: FlowChannel<TaskMessage>;
  readonly #running = new Map<number, AbortController>();
  readonly #window: CreditWindow;
  /** The window the gamer was told last. */
  #grantedWindow = 0;
  #creditSerial = 0;

  constructor(options: TaskServerOptions) {
    this.#options = options;
    this.#window = new CreditWindow(options.now);
    this.#channel = new FlowChannel(
      options.port,
      CHANNELS.tasks,
      taskMessageSchema,
      {
        onOpen: () => this.#sendCredit(),
        onMessage: (item) => this.#received(item),
        onChunk: () => {
          if (this.#channel.unfinishedTransfers > 0) options.onWork();
        },
        onClose: (error) => {
          this.#abortAll();
          if (error) options.onBroken(error);
        },
      },
      options.now,
    );
  }

  /** Tasks of this gamer, running and waiting. */
  get held(): number {
    return this.#running.size;
  }

  /** Whether there are tasks of this gamer here or arriving, or results being sent. */
  get working(): boolean {
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

  #adjust(): void {
    if (this.#window.size === this.#grantedWindow) return;
    this.#sendCredit();
    // The newest ones, because the oldest are being computed.
    for (const id of [...this.#running.keys()].slice(this.#grantedWindow)) {
      this.#abort(id);
      this.#answer(bare({ kind: 'returned', id }));
    }
  }

  #sendCredit(): void {
    this.#grantedWindow = this.#window.size;
    if (this.#channel.isClosed) return;
    this.#channel.send(bare({ kind: 'credit', serial: this.#creditSerial++, window: this.#grantedWindow }));
  }

  #received({ message, attachments }: Carried<TaskMessage>): void {
    if (message.kind === 'task') this.#accept(message, attachments);
    else if (message.kind === 'cancel') this.#abort(message.id);
    else throw MeshError.malformed('A gamer sent a result to a volunteer.');
  }

  #accept(task: ArrivedTask, attachments: Uint8Array[]): void {
    const { id } = task;
    if (this.#running.has(id)) throw MeshError.malformed('Two tasks have the same id.');
    // A shrinking credit may cross tasks that are on their way.
    if (this.#running.size >= this.#grantedWindow) this.#answer(bare({ kind: 'returned', id }));
    else void this.#run(task, attachments);
  }

  async #run({ id, type, params }: ArrivedTask, attachments: Uint8Array[]): Promise<void> {
    const { now, execute, onDone, onWork } = this.#options;
    const abort = new AbortController();
    this.#running.set(id, abort);
    this.#window.taskArrived();
    onWork();
    const arrivedMs = now();
    const sendProgress: ProgressListener = (progress) => {
      if (!abort.signal.aborted) this.#answer(bare({ kind: 'progress', id, ...progress }));
    };
    try {
      const task = checkArrivedTask(type, { params, attachments });
      const executed = await execute(type, task, abort.signal, sendProgress);
      if (abort.signal.aborted) return;
      const { value, backend, computeMs } = executed;
      const queueMs = Math.max(0, now() - arrivedMs - computeMs);
      onDone(computeMs);
      this.#window.taskDone();
      const message = { kind: 'result', id, value, backend, queueMs, computeMs } as const;
      this.#answer({ message, attachments: executed.attachments });
    } catch (cause) {
      if (abort.signal.aborted) return;
      const error = MeshError.from(cause);
      this.#answer(
        bare(error.reason === 'device-lost' ? { kind: 'returned', id } : { kind: 'failed', id, error: error.toWire() }),
      );
    } finally {
      if (this.#running.get(id) === abort) this.#forget(id);
      this.#adjust();
    }
  }

  #answer(item: Carried<TaskMessage>): void {
    if (this.#channel.isClosed) return;
    try {
      this.#channel.send(item);
    } catch (cause) {
      // The result does not fit the send queue: the gamer should try elsewhere rather than wait for it.
      const { message } = item;
      if (message.kind !== 'result') throw cause;
      this.#channel.send(bare({ kind: 'failed', id: message.id, error: MeshError.from(cause).toWire() }));
    }
  }

  #abort(id: number): void {
    this.#running.get(id)?.abort();
    this.#forget(id);
  }

  #forget(id: number): void {
    this.#running.delete(id);
    if (this.#running.size === 0) this.#window.idle();
  }

  #abortAll(): void {
    for (const id of [...this.#running.keys()]) this.#abort(id);
  }
}
