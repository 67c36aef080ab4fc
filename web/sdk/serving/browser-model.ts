import { MeshError } from '../../../shared/errors.ts';
import type { BrowserConversation, BrowserModel } from '../../compute/dialogue/browser-speaker.ts';

/** Answers at a time: each session holds its conversation in memory. Others wait, as many as the volunteer takes tasks. */
const MAX_ANSWERS = 2;

interface Prompt {
  role: 'system' | 'user' | 'assistant';
  content: string;
  /** The answer goes on from this. */
  prefix?: boolean;
}

interface LanguageModelSession {
  promptStreaming(prompts: Prompt[], options: { signal: AbortSignal }): ReadableStream<string>;
  destroy(): void;
}

/** The part of the Prompt API that is used. It is not in TypeScript's library. */
export interface LanguageModelClass {
  availability(): Promise<'unavailable' | 'downloadable' | 'downloading' | 'available'>;
  create(options: { initialPrompts?: Prompt[]; signal: AbortSignal }): Promise<LanguageModelSession>;
}

/** The browser's language model, if it is there and needs no download, which the volunteer did not ask for; else null. */
export async function openBrowserModel(
  found = (globalThis as { LanguageModel?: LanguageModelClass }).LanguageModel,
): Promise<PageModel | null> {
  const availability = await found?.availability().catch(() => 'unavailable');
  return found && availability === 'available' ? new PageModel(found) : null;
}

/** The model for a worker, which cannot reach it: only pages can. */
class PageModel implements BrowserModel {
  readonly #model: LanguageModelClass;
  /** Also those that wait. */
  readonly #answers = new Map<number, AbortController>();
  readonly #waiting = new Set<() => void>();
  #speaking = 0;

  constructor(model: LanguageModelClass) {
    this.#model = model;
  }

  async answer(
    id: number,
    conversation: BrowserConversation,
    onText: (text: string) => Promise<void> | void,
  ): Promise<void> {
    const cancelling = new AbortController();
    this.#answers.set(id, cancelling);
    try {
      while (this.#speaking >= MAX_ANSWERS && !cancelling.signal.aborted) await this.#change(cancelling.signal);
      if (!cancelling.signal.aborted) await this.#speak(conversation, onText, cancelling.signal);
    } finally {
      this.#answers.delete(id);
    }
  }

  cancel(id: number): void {
    this.#answers.get(id)?.abort();
  }

  async #speak(
    conversation: BrowserConversation,
    onText: (text: string) => Promise<void> | void,
    signal: AbortSignal,
  ): Promise<void> {
    this.#speaking++;
    const { persona, messages, begun } = conversation;
    let session: LanguageModelSession | null = null;
    try {
      const initialPrompts: Prompt[] = persona === '' ? [] : [{ role: 'system', content: persona }];
      session = await this.#model.create({ initialPrompts, signal });
      // Only the first prompt may be of the system.
      const turns = messages.map(({ role, content }): Prompt => ({ role: role === 'system' ? 'user' : role, content }));
      const prompts: Prompt[] = begun === '' ? turns : [...turns, { role: 'assistant', content: begun, prefix: true }];
      const reader = session.promptStreaming(prompts, { signal }).getReader();
      for (let read = await reader.read(); !read.done; read = await reader.read()) await onText(read.value);
    } catch (cause) {
      if (signal.aborted) return;
      const why = cause instanceof Error ? cause.message : String(cause);
      throw new MeshError('volunteer-failed', `The browser’s language model did not answer (${why}). Submit it again.`);
    } finally {
      session?.destroy();
      this.#speaking--;
      for (const wake of [...this.#waiting]) wake();
    }
  }

  /** Resolves when an answer has ended, or the one that waits was cancelled. */
  #change(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const wake = () => {
        this.#waiting.delete(wake);
        resolve();
      };
      this.#waiting.add(wake);
      signal.addEventListener('abort', wake, { once: true });
    });
  }
}
