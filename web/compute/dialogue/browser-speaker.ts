import { MeshError } from '../../../shared/errors.ts';
import { textOf } from '../../../shared/tasks/dialogue/said.ts';
import type { DialogueMessage } from '../../../shared/tasks/dialogue.ts';
import { Answer } from './answer.ts';
import { emotionSentence } from './prompt.ts';
import type { Speaker, SpeechRequest, Spoken } from './speaker.ts';

/** Parts of a text that count as tokens, since the browser does not tell its own. */
const WORDS = /\s*\S+|\s+/g;
/** A mood in brackets at the end of an answer. */
const MOOD = /\s*\[([^\]]*)\]?\s*$/;

/** A conversation for the browser's model. Plain data: it crosses from a worker to its page. */
export interface BrowserConversation {
  persona: string;
  messages: DialogueMessage[];
  /** What was said of the answer; it goes on from there. */
  begun: string;
  temperature: number;
}

/** The browser's own language model, which only a page has (Prompt API: https://github.com/webmachinelearning/prompt-api). */
export interface BrowserModel {
  /** Resolves when the answer is over, or was cancelled. Throws MeshError `unknown-model`, `volunteer-failed`. */
  answer(id: number, conversation: BrowserConversation, onText: (text: string) => void): Promise<void>;
  cancel(id: number): Promise<void> | void;
}

/** Speaks with the browser's own model. */
export class BrowserSpeaker implements Speaker {
  readonly model = 'browser';
  readonly #browser: BrowserModel;
  #nextId = 0;

  constructor(browser: BrowserModel) {
    this.#browser = browser;
  }

  async speak(request: SpeechRequest): Promise<Spoken> {
    const { script, params, signal, run } = request;
    const { emotions, said, maxTokens, stop, temperature } = params;
    const answer = new Answer(emotions.length > 0 ? [...stop, ' ['] : stop);
    const begun = said?.tokens ?? [];
    for (const token of begun) answer.takeOver(token);
    const persona = emotions.length > 0 ? `${script.persona} ${emotionSentence(emotions)}` : script.persona;
    const conversation = { persona, messages: script.messages, begun: textOf(begun), temperature };
    const id = this.#nextId++;
    const cancel = () => void this.#browser.cancel(id);
    let whole = conversation.begun;
    let isFull = false;
    const hear = (text: string) => {
      whole += text;
      for (const word of text.match(WORDS) ?? []) {
        if (signal.aborted || answer.isStopped || isFull) return;
        const at = answer.tokens.length;
        request.onToken(answer.add(null, new TextEncoder().encode(word)), at);
        isFull = answer.tokens.length >= maxTokens;
      }
      // A mood may follow the text to stop at.
      if (isFull || (answer.isStopped && emotions.length === 0)) cancel();
    };
    signal.addEventListener('abort', cancel, { once: true });
    try {
      await run(async (slot) => {
        await slot.leave(this.#browser.answer(id, conversation, hear));
        return { isDone: true, finish: async () => {} };
      });
    } finally {
      signal.removeEventListener('abort', cancel);
    }
    if (signal.aborted) throw MeshError.cancelled();
    answer.end();
    const named = MOOD.exec(whole)?.[1]?.trim().toLowerCase();
    const emotion = emotions.find((one) => one.toLowerCase() === named) ?? emotions[0];
    const finishReason = isFull && !answer.isStopped ? 'length' : 'stop';
    return {
      ...{ text: answer.text, tokens: answer.tokens.length, finishReason, emotion },
      backend: 'browser',
      computeMs: 0,
    };
  }
}
