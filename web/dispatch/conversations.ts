import type { Job, Runner } from './job.ts';

/** Conversations whose last runner is remembered; the one that was silent for longest is forgotten first. */
const MAX_CONVERSATIONS = 256;

/** Which runner had the last word in each conversation: it has read the messages, and another one would have to read them again. */
export class Conversations {
  readonly #keepers = new Map<string, string>();

  /** The runner among these that keeps the job's conversation and takes it now. */
  keeperOf({ conversation }: Job, candidates: readonly Runner[]): Runner | undefined {
    if (conversation === undefined) return undefined;
    const id = this.#keepers.get(conversation);
    return candidates.find((runner) => runner.id === id && runner.hasCapacity);
  }

  began({ conversation }: Job, { id }: Runner): void {
    if (conversation === undefined) return;
    this.#keepers.delete(conversation);
    this.#keepers.set(conversation, id);
    const [oldest] = this.#keepers.keys();
    if (this.#keepers.size > MAX_CONVERSATIONS && oldest !== undefined) this.#keepers.delete(oldest);
  }
}
