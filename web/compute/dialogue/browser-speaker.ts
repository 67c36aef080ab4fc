import { MeshError } from '../../../shared/errors.ts';
import { textOf } from '../../../shared/tasks/dialogue/answer-tokens.ts';
import { DIALOGUE, type DialogueMessage } from '../../../shared/tasks/dialogue.ts';
import { emotionSentence } from './prompt.ts';
import { GrowingAnswer, type Speaker, type SpeechRequest, type Spoken } from './speaker.ts';

/**
 * Parts of a text that count as tokens, since the browser does not tell its own: words, and pieces of long ones, as of languages without spaces. No piece
 * is longer than tokens may be on average.
 */
const WORDS = /\s{0,15}\S{1,16}|\s{1,31}/gu;
/** A mood in brackets, which ends an answer. */
const WHOLE_MOOD = /\[[^\]]*\]/;
/** The same, whose end may be missing. */
const MOOD = /\s*\[([^\]]*)\]?\s*$/;

/** A conversation for the browser's model. Plain data: it crosses from a worker to its page. */
export interface BrowserConversation {
  persona: string;
  messages: DialogueMessage[];
  /** What was said of the answer; it goes on from there. */
  begun: string;
}

/** The browser's own language model, which only a page has (Prompt API: https://github.com/webmachinelearning/prompt-api). */
export interface BrowserModel {
  /**
   * Resolves when the answer is over and heard to its end, or was cancelled. Throws MeshError `volunteer-failed`.
   *
   * @param onText - may lie in another thread: each text is given once the one before was taken.
   */
  answer(id: number, conversation: BrowserConversation, onText: (text: string) => Promise<void> | void): Promise<void>;
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
    const { emotions, said, maxTokens, stop } = params;
    const stops = emotions.length > 0 ? [...stop, ' ['] : stop;
    const answer = new GrowingAnswer(stops);
    const mostMoodChars = Math.max(0, ...stops.map(({ length }) => length)) + DIALOGUE.maxEmotionChars + 2;
    const begun = said?.tokens ?? [];
    for (const token of begun) answer.takeOver(token);
    const persona = emotions.length > 0 ? `${script.persona} ${emotionSentence(emotions)}` : script.persona;
    const conversation = { persona, messages: script.messages, begun: textOf(begun) };
    const id = this.#nextId++;
    const cancel = () => void this.#browser.cancel(id);
    let whole = conversation.begun;
    let isFull = begun.length >= maxTokens;
    let isOver = false;
    const hear = (text: string) => {
      if (isOver || signal.aborted) return;
      whole += text;
      for (const word of text.match(WORDS) ?? []) {
        if (answer.isStopped || isFull) break;
        const at = answer.tokens.length;
        request.onToken(answer.add(null, new TextEncoder().encode(word)), at);
        isFull = answer.tokens.length >= maxTokens;
      }
      // A mood may follow the text to stop at.
      const rest = whole.slice(answer.text.length);
      const mood = answer.isStopped ? WHOLE_MOOD.exec(rest)?.[0] : undefined;
      if (mood !== undefined) whole = answer.text + mood;
      const hasMood = emotions.length === 0 || mood !== undefined || rest.length > mostMoodChars;
      isOver = answer.isStopped ? hasMood : isFull;
      if (isOver) cancel();
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
