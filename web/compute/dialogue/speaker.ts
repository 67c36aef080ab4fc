import type { AnswerToken } from '../../../shared/tasks/dialogue/answer-tokens.ts';
import type { DialogueParams, Script } from '../../../shared/tasks/dialogue.ts';
import type { RunInTaskSlot } from '../schedule.ts';

/** What is to be said, and to whom. */
export interface SpeechRequest {
  script: Script;
  params: DialogueParams;
  /** Whose conversation it is: nothing of it is used for anybody else. */
  owner: string;
  signal: AbortSignal;
  /** Runs a part of the work in a time slot of the schedule. */
  run: RunInTaskSlot;
  /** Called with each new token. Those that were said before are not told again. */
  onToken(token: AnswerToken, at: number): void;
  /** The share of a model that was fetched, 0 to 1. */
  onShare(share: number): void;
}

export interface Spoken {
  text: string;
  emotion?: string | undefined;
  tokens: number;
  finishReason: 'stop' | 'length';
  backend: string;
  computeMs: number;
}

/** Something that speaks: a language model, the browser's own, or rules. */
export interface Speaker {
  /** Its name in results. */
  readonly model: string;
  /**
   * Says an answer. The same request gives the same answer, also where a part of it was said before.
   *
   * Throws MeshError: `unknown-model` when it cannot speak here, `bad-input` when the script does not fit, `cancelled`, `volunteer-failed`.
   */
  speak(request: SpeechRequest): Promise<Spoken>;
}

/**
 * An answer that grows token by token. Text is told once it is certain: not while it may turn out to be the beginning of a text to stop at, and
 * not before a character is complete.
 */
export class GrowingAnswer {
  /** Tokens so far, with the text that each made certain. */
  readonly tokens: AnswerToken[] = [];
  /** The text that is certain. */
  text = '';
  /** Whether a text to stop at was said. */
  isStopped = false;
  readonly #stops: readonly string[];
  readonly #decoder = new TextDecoder();
  /** Not certain yet. */
  #held = '';

  /** @param stops - the answer ends before the first of these. */
  constructor(stops: readonly string[]) {
    this.#stops = stops;
  }

  /** Takes over a token of an answer that was begun elsewhere. Its text was told, so it is certain whatever it says, and is not told again. */
  takeOver({ text, id }: AnswerToken): void {
    this.text += text;
    this.tokens.push({ text, id });
  }

  /** Adds a token. Returns the text that is certain now. */
  add(id: number | null, bytes: Uint8Array): AnswerToken {
    return this.#grow(id, this.#decoder.decode(bytes, { stream: true }));
  }

  /** The answer is over: what was held is told. Returns it. */
  end(): string {
    if (this.isStopped) return '';
    const rest = this.#held + this.#decoder.decode();
    this.#held = '';
    this.text += rest;
    return rest;
  }

  #grow(id: number | null, more: string): AnswerToken {
    this.#held += more;
    const stopAt = firstOf(this.#held, this.#stops);
    this.isStopped = stopAt !== null;
    const certain = stopAt ?? this.#held.length - heldBack(this.#held, this.#stops);
    const text = this.#held.slice(0, certain);
    this.#held = this.#held.slice(certain);
    this.text += text;
    const token = { text, id };
    this.tokens.push(token);
    return token;
  }
}

function firstOf(text: string, stops: readonly string[]): number | null {
  const found = stops.map((stop) => text.indexOf(stop)).filter((at) => at >= 0);
  return found.length > 0 ? Math.min(...found) : null;
}

/** Length of the longest end of the text that begins a stop. */
function heldBack(text: string, stops: readonly string[]): number {
  let most = 0;
  for (const stop of stops) {
    for (let length = Math.min(stop.length - 1, text.length); length > most; length--) {
      if (text.endsWith(stop.slice(0, length))) most = length;
    }
  }
  return most;
}
