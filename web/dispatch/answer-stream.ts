import type { Clock } from '../../shared/clock.ts';
import { MeshError } from '../../shared/errors.ts';
import type { PackedTask, ReportListener, TokenProgress, TokenStreaming } from '../../shared/tasks/definition.ts';
import { type AnswerToken, isSameToken, textOf } from '../../shared/tasks/dialogue/answer-tokens.ts';

/** Timeouts and rate limits of token streams. */
export const ANSWER_STREAM = {
  /** Until the first token, ms, without news of a download: reading a long prompt takes seconds on a slow machine. */
  firstTokenMs: 10_000,
  /** Between two tokens, ms: nobody listens to a character that pauses longer. */
  nextTokenMs: 5_000,
  /** Tokens a second over some time: a small model on a fast graphics card makes several hundred. */
  maxTokensPerS: 2_000,
  /** Tokens that may come at once. */
  maxBurst: 256,
} as const;

/** How an attempt ended early, by its own doing. */
export type EarlyEnd = { kind: 'failed'; error: MeshError } | { kind: 'returned' };

interface AnswerAttemptOptions {
  /** The volunteer's id, or `local`. */
  runnerId: string;
  /** Undefined on this machine, which may take its time: nobody else waits for it. */
  clock?: Clock;
  /** Called once: the attempt must be cancelled. */
  onEarlyEnd(earlyEnd: EarlyEnd): void;
}

/** The answer of one task, as it is said: attempts go on from each other, and no token is told twice. */
export class AnswerStream {
  readonly #streaming: TokenStreaming;
  readonly #packed: PackedTask;
  readonly #onToken: (text: string) => void;
  readonly #tokens: AnswerToken[] = [];
  #tokenChars = 0;
  #model = '';
  #attempts = 0;
  /** Whose token was the last. */
  #ranOn = '';
  #isOver = false;

  /** @param onToken - must not throw. */
  constructor(streaming: TokenStreaming, packed: PackedTask, onToken: (text: string) => void) {
    this.#streaming = streaming;
    this.#packed = packed;
    this.#onToken = onToken;
  }

  /** What was said so far, as the result of a task that was cancelled, and by whom; null before the first token. */
  get partial(): { value: Record<string, unknown>; ranOn: string; attempts: number } | null {
    if (this.#tokens.length === 0) return null;
    const value = this.#streaming.partial({ model: this.#model, tokens: this.#tokens });
    return { value, ranOn: this.#ranOn, attempts: this.#attempts };
  }

  get #maxTokens(): number {
    return this.#streaming.maxTokens(this.#packed.params);
  }

  /** The task that goes on from here. */
  get packed(): PackedTask {
    if (this.#tokens.length === 0) return this.#packed;
    const said = { model: this.#model, tokens: [...this.#tokens] };
    return { ...this.#packed, params: this.#streaming.continueFrom(this.#packed.params, said) };
  }

  /** Begins an attempt, which goes on from what was said. */
  begin(options: AnswerAttemptOptions): AnswerAttempt {
    this.#attempts++;
    return new AnswerAttempt(this, this.#tokens.length, this.#maxTokens, options);
  }

  /** Tells no more. */
  end(): void {
    this.#isOver = true;
  }

  /**
   * Takes one token of an attempt. `differs`: another attempt said something else there. `too-long`: the answer would be longer than so many tokens
   * may be, so that nobody could go on from it.
   */
  append(at: number, token: AnswerToken, model: string, ranOn: string): 'taken' | 'differs' | 'too-long' {
    const before = this.#tokens[at];
    if (before) return isSameToken(before, token) ? 'taken' : 'differs';
    if (this.#isOver) return 'taken';
    if (this.#tokenChars + token.text.length > this.#streaming.maxChars(at + 1)) return 'too-long';
    this.#model ||= model;
    this.#ranOn = ranOn;
    this.#tokens.push(token);
    this.#tokenChars += token.text.length;
    if (token.text) this.#onToken(token.text);
    return 'taken';
  }

  /**
   * A result is there: tells what no token told. Of what is no result nothing is told, since it is refused when it is unpacked. Returns false if it is not
   * the answer that was begun.
   */
  complete(value: unknown): boolean {
    const text = this.#streaming.textIn(value, this.#packed.params);
    if (text === null) return true;
    const told = textOf(this.#tokens);
    if (!text.startsWith(told)) return false;
    if (!this.#isOver && text.length > told.length) this.#onToken(text.slice(told.length));
    this.#isOver = true;
    return true;
  }
}

/** One attempt to say an answer. What it says is bounded in number and rate, and it may not fall silent. */
export class AnswerAttempt {
  /** For the attempt's runner. */
  readonly packed: PackedTask;
  readonly #stream: AnswerStream;
  readonly #maxTokens: number;
  readonly #options: AnswerAttemptOptions;
  #next: number;
  /** Parts that came before those that precede them, by their first token: the channel is unordered. Each token is counted in `#count`. */
  readonly #early = new Map<number, TokenProgress>();
  /** Tokens so far. */
  #count = 0;
  /** Whether it gains time by saying that its model loads. */
  #mayLoad = true;
  readonly #beginMs: number;
  #cancelDeadline: () => void = () => {};
  #isOver = false;

  constructor(stream: AnswerStream, at: number, maxTokens: number, options: AnswerAttemptOptions) {
    this.packed = stream.packed;
    this.#stream = stream;
    this.#next = at;
    this.#maxTokens = maxTokens;
    this.#options = options;
    this.#beginMs = options.clock?.now() ?? 0;
    this.#expect(ANSWER_STREAM.firstTokenMs);
  }

  readonly onReport: ReportListener = (report) => {
    if (this.#isOver) return;
    if (report.stage === 'speaking') this.#hear(report);
    else if (report.stage === 'loading' && this.#mayLoad) {
      // Amid an answer once between two tokens: another answer's end may have taken the model's worker with it.
      this.#mayLoad = this.#count === 0;
      this.#expect(ANSWER_STREAM.firstTokenMs);
    }
  };

  /** The result is there. Returns how the attempt ended instead, if it is not what it said; null if it is. */
  finish(value: unknown): EarlyEnd | null {
    this.end();
    return this.#stream.complete(value) ? null : { kind: 'returned' };
  }

  end(): void {
    this.#isOver = true;
    this.#cancelDeadline();
  }

  #hear(part: TokenProgress): void {
    const fault = this.#faultOf(part);
    if (fault) {
      this.#fail(fault);
      return;
    }
    this.#early.set(part.at, part);
    for (let next = this.#early.get(this.#next); next && !this.#isOver; next = this.#early.get(this.#next)) {
      this.#early.delete(next.at);
      this.#say(next);
    }
  }

  #say({ tokens, model }: TokenProgress): void {
    for (const token of tokens) {
      const heard = this.#stream.append(this.#next++, token, model, this.#options.runnerId);
      if (heard === 'taken') continue;
      if (heard === 'too-long') this.#fail('said more than it was asked for');
      // Another machine went on in other words, and was heard first.
      else this.#endEarly({ kind: 'returned' });
      return;
    }
    this.#mayLoad = true;
    this.#expect(ANSWER_STREAM.nextTokenMs);
  }

  #faultOf({ at, tokens }: TokenProgress): string | null {
    this.#count += tokens.length;
    if (this.#isTooFast()) return 'sent its answer faster than any model speaks';
    if (at < this.#next || this.#early.has(at)) return 'said a part of its answer twice';
    const isTooMuch = this.#count > this.#maxTokens || at + tokens.length > this.#maxTokens;
    return isTooMuch ? 'said more than it was asked for' : null;
  }

  /** Counted from the beginning: what arrives at once may have been said over a time in which this page stood still. */
  #isTooFast(): boolean {
    const { clock } = this.#options;
    if (!clock) return false;
    const saidS = (clock.now() - this.#beginMs) / 1_000;
    return this.#count > ANSWER_STREAM.maxBurst + saidS * ANSWER_STREAM.maxTokensPerS;
  }

  #expect(withinMs: number): void {
    const { clock } = this.#options;
    if (!clock) return;
    this.#cancelDeadline();
    this.#cancelDeadline = clock.after(withinMs, () => this.#fail(`said nothing for ${withinMs / 1000} s`));
  }

  #fail(what: string): void {
    const who = this.#options.clock ? 'A volunteer' : 'This machine';
    const message = `${who} ${what}. The answer goes on elsewhere; submit the task again if nobody else is there.`;
    this.#endEarly({ kind: 'failed', error: new MeshError('volunteer-failed', message) });
  }

  #endEarly(earlyEnd: EarlyEnd): void {
    this.end();
    this.#options.onEarlyEnd(earlyEnd);
  }
}
