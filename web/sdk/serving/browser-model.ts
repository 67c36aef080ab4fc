import { MeshError } from '../../../shared/errors.ts';
import type { BrowserConversation, BrowserModel } from '../../compute/dialogue/browser-speaker.ts';

/** Answers at a time: each session holds its conversation in memory. */
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
  readonly #answers = new Map<number, AbortController>();

  constructor(model: LanguageModelClass) {
    this.#model = model;
  }

  async answer(id: number, conversation: BrowserConversation, onText: (text: string) => void): Promise<void> {
    if (this.#answers.size >= MAX_ANSWERS)
      throw new MeshError('queue-full', 'The browser’s language model has enough to say. Submit the task again later.');
    const cancelling = new AbortController();
    this.#answers.set(id, cancelling);
    const { signal } = cancelling;
    const { persona, messages, begun } = conversation;
    let session: LanguageModelSession | null = null;
    try {
      const initialPrompts: Prompt[] = persona === '' ? [] : [{ role: 'system', content: persona }];
      session = await this.#model.create({ initialPrompts, signal });
      // Only the first prompt may be of the system.
      const turns = messages.map(({ role, content }): Prompt => ({ role: role === 'system' ? 'user' : role, content }));
      const prompts: Prompt[] = begun === '' ? turns : [...turns, { role: 'assistant', content: begun, prefix: true }];
      const reader = session.promptStreaming(prompts, { signal }).getReader();
      for (let read = await reader.read(); !read.done; read = await reader.read()) onText(read.value);
    } catch (cause) {
      if (signal.aborted) return;
      const why = cause instanceof Error ? cause.message : String(cause);
      throw new MeshError('volunteer-failed', `The browser’s language model did not answer (${why}). Submit it again.`);
    } finally {
      session?.destroy();
      this.#answers.delete(id);
    }
  }

  cancel(id: number): void {
    this.#answers.get(id)?.abort();
  }
}
