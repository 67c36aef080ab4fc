import { MeshError } from '../../shared/errors.ts';
import { CLUSTER } from '../tuning.ts';
import type { Ask, Reply } from './messages.ts';

type Unnumbered<A> = A extends Ask ? Omit<A, 'id' | 'from'> : never;

interface Waiting {
  ask: Ask;
  resolve(value: unknown): void;
  reject(cause: MeshError): void;
  timer: NodeJS.Timeout | null;
}

/**
 * What this instance's sockets asked and nobody has answered yet. When somebody else begins to decide all of it is asked again: the
 * last one may have ended before it answered.
 */
export class PendingRequests {
  readonly #waiting = new Map<string, Waiting>();
  #count = 0;

  /** @param send may lose it. */
  constructor(
    private readonly instance: string,
    private readonly send: (ask: Ask) => void,
  ) {}

  /** @throws MeshError what the one who decides says, or `signaling-unreachable` */
  put(unnumbered: Unnumbered<Ask>): Promise<unknown> {
    const ask = { ...unnumbered, id: `${this.instance}:${this.#count++}`, from: this.instance } as Ask;
    return new Promise((resolve, reject) => {
      // That a socket is gone must be heard, however long it takes; there is at most one such for each.
      const isPatient = ask.kind === 'lost';
      if (!isPatient && this.#waiting.size >= CLUSTER.maxWaiting) return reject(unanswered());
      const timer = isPatient ? null : setTimeout(() => this.#giveUp(ask.id), CLUSTER.askTimeoutMs);
      this.#waiting.set(ask.id, { ask, resolve, reject, timer });
      this.send(ask);
    });
  }

  /** @returns what it answers; null when that is known already. */
  answered({ id, answer }: Reply): Ask | null {
    const waiting = this.#take(id);
    if (!waiting) return null;
    if (answer.ok) waiting.resolve(answer.value);
    else waiting.reject(MeshError.from(answer.error, 'malformed'));
    return waiting.ask;
  }

  askAgain(): void {
    for (const { ask } of [...this.#waiting.values()]) this.send(ask);
  }

  close(): void {
    for (const id of [...this.#waiting.keys()]) this.#giveUp(id);
  }

  #giveUp(id: string): void {
    this.#take(id)?.reject(unanswered());
  }

  #take(id: string): Waiting | undefined {
    const waiting = this.#waiting.get(id);
    if (waiting?.timer) clearTimeout(waiting.timer);
    this.#waiting.delete(id);
    return waiting;
  }
}

function unanswered(): MeshError {
  return new MeshError('signaling-unreachable', 'The servers here do not reach each other. Try again in a minute.');
}
