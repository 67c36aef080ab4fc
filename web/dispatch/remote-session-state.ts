import { setNewest } from '../../shared/bounded-map.ts';
import { totalBytes } from '../../shared/bytes.ts';
import type { TaskSession } from '../../shared/messages.ts';
import { type InferParams, outputNames } from '../../shared/tasks/infer.ts';
import type { Job } from './job.ts';
import { SESSION_STATE_LIMITS } from './session-state-cache.ts';

interface Known {
  /** The volunteer's name for the session. */
  id: number;
  /** The call whose result it keeps. */
  call: number;
  outputs: readonly string[];
}

/** What is sent of a job. */
interface Sending {
  session: TaskSession | undefined;
  attachments: Uint8Array[];
  /** Bytes of the attachments that are not sent. */
  keptBytes: number;
}

/** What a gamer knows of the state that one volunteer keeps for it between the calls of sessions: see `SessionStateCache`, whose bound it shares. */
export class RemoteSessionState {
  readonly #volunteerId: string;
  /** By session, the oldest first. */
  readonly #known = new Map<string, Known>();
  #nextId = 0;

  constructor(volunteerId: string) {
    this.#volunteerId = volunteerId;
  }

  /** Bytes of the job's attachments that need not be sent. */
  keptBytes(job: Job): number {
    if (!job.session?.from) return 0;
    return totalBytes(this.#keptFor(job).flatMap(({ at }) => job.packed.attachments[at] ?? []));
  }

  /** What to send of the job. What is kept for it is used up. */
  send(job: Job): Sending {
    const { session, packed } = job;
    if (!session) return { session: undefined, attachments: packed.attachments, keptBytes: 0 };
    const keptBytes = this.keptBytes(job);
    const kept = this.#keptFor(job);
    const id = this.#known.get(session.key)?.id ?? this.#newId();
    this.#known.delete(session.key);
    const places = new Set(kept.map(({ at }) => at));
    return { session: { id, kept }, attachments: packed.attachments.filter((_, at) => !places.has(at)), keptBytes };
  }

  /** A call has ended, and the volunteer keeps its result. */
  finished({ session }: Job, { id }: TaskSession, value: unknown): void {
    if (!session) return;
    const state = { id, call: session.call, outputs: outputNames(value) };
    setNewest(this.#known, session.key, state, SESSION_STATE_LIMITS.maxSessions);
  }

  /** Inputs of the job that are outputs of the result that the volunteer keeps. */
  #keptFor({ session, packed }: Job): TaskSession['kept'] {
    const known = session && this.#known.get(session.key);
    const from = session?.from;
    if (!known || from?.ranOn !== this.#volunteerId || from.call !== known.call) return [];
    // Sound: only `infer` has sessions.
    const { inputs } = packed.params as InferParams;
    return inputs.flatMap(({ name }, at) => {
      const wanted = from.outputs.get(name);
      const output = wanted === undefined ? -1 : known.outputs.indexOf(wanted);
      return output < 0 ? [] : [{ at, output }];
    });
  }

  #newId(): number {
    const id = this.#nextId;
    this.#nextId = (this.#nextId + 1) >>> 0;
    return id;
  }
}
