import { MeshError } from '../../shared/errors.ts';
import type { ClusterReply, ClusterRequest } from './messages.ts';

/** How long a request waits for its reply: longer than a lease, so that it outlasts a change of leader. */
const REQUEST_TIMEOUT_MS = 10_000;
/** Requests that may wait at a time: a second's worth at twice the rate that a single leader can handle. */
const MAX_PENDING = 20_000;

type Unnumbered<R> = R extends ClusterRequest ? Omit<R, 'id' | 'from'> : never;

interface Pending {
  request: ClusterRequest;
  resolve(value: unknown): void;
  reject(cause: MeshError): void;
  timer: NodeJS.Timeout | null;
}

/**
 * This instance's requests that the leader has not answered yet. All are sent again to a new leader, because the last one may have
 * stopped before it answered.
 */
export class PendingRequests {
  readonly #pending = new Map<string, Pending>();
  #count = 0;

  /** @param send may lose the request */
  constructor(
    private readonly instance: string,
    private readonly send: (request: ClusterRequest) => void,
  ) {}

  /**
   * Sends a request.
   * @returns the value in its reply
   * @throws MeshError the refusal in its reply, or `signaling-unreachable`
   */
  add(unnumbered: Unnumbered<ClusterRequest>): Promise<unknown> {
    const request = { ...unnumbered, id: `${this.instance}:${this.#count++}`, from: this.instance } as ClusterRequest;
    return new Promise((resolve, reject) => {
      // The leader must learn of a lost socket however long it takes; there is at most one such request per socket.
      const hasTimeout = request.kind !== 'disconnected';
      if (hasTimeout && this.#pending.size >= MAX_PENDING) return reject(unanswered());
      const timer = hasTimeout ? setTimeout(() => this.#giveUp(request.id), REQUEST_TIMEOUT_MS) : null;
      this.#pending.set(request.id, { request, resolve, reject, timer });
      this.send(request);
    });
  }

  /** @returns the request that the reply settles; null when it was settled before */
  settle({ id, answer }: ClusterReply): ClusterRequest | null {
    const pending = this.#take(id);
    if (!pending) return null;
    if (answer.ok) pending.resolve(answer.value);
    else pending.reject(MeshError.from(answer.error, 'malformed'));
    return pending.request;
  }

  resend(): void {
    for (const { request } of [...this.#pending.values()]) this.send(request);
  }

  close(): void {
    for (const id of [...this.#pending.keys()]) this.#giveUp(id);
  }

  #giveUp(id: string): void {
    this.#take(id)?.reject(unanswered());
  }

  #take(id: string): Pending | undefined {
    const pending = this.#pending.get(id);
    if (pending?.timer) clearTimeout(pending.timer);
    this.#pending.delete(id);
    return pending;
  }
}

function unanswered(): MeshError {
  return new MeshError('signaling-unreachable', 'The servers here do not reach each other. Try again in a minute.');
}
