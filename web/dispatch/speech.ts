import type { Clock } from '../../shared/clock.ts';
import { MeshError } from '../../shared/errors.ts';
import type { PackedTask, ReportListener, TokenProgress, TokenStreaming } from '../../shared/tasks/definition.ts';
import { type AnswerToken, isSameToken, textOf } from '../../shared/tasks/dialogue/answer-tokens.ts';

/** Timeouts and rate limits of token streams. */
export const SPEECH = {
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
export type CutOff = { kind: 'failed'; error: MeshError } | { kind: 'returned' };

interface UtteranceOptions {
  /** Undefined on this machine, which may take its time: nobody else waits for it. */
  clock?: Clock;
  /** Called once: the attempt must be cancelled. */
  onCutOff(cutOff: CutOff): void;
}

/** The answer of one task, as it is said: attempts go on from each other, and no token is told twice. */
export class Speech {
  readonly #streaming: TokenStreaming;
  readonly #packed: PackedTask;
  readonly #onToken: (text: string) => void;
  readonly #said: AnswerToken[] = [];
  #model = '';
  #isOver = false;

  /** @param onToken - must not throw. */
  constructor(streaming: TokenStreaming, packed: PackedTask, onToken: (text: string) => void) {
    this.#streaming = streaming;
    this.#packed = packed;
    this.#onToken = onToken;
  }

  /** What was said so far, as the result of a task that was cancelled; null before the first token. */
  get partial(): Record<string, unknown> | null {
    if (this.#said.length === 0) return null;
    return this.#streaming.partial({ model: this.#model, tokens: this.#said });
  }

  get #maxTokens(): number {
    return this.#streaming.maxTokens(this.#packed.params);
  }

  /** The task that goes on from here. */
  get packed(): PackedTask {
    if (this.#said.length === 0) return this.#packed;
    const said = { model: this.#model, tokens: [...this.#said] };
    return { ...this.#packed, params: this.#streaming.continueFrom(this.#packed.params, said) };
  }

  /** Begins an attempt, which goes on from what was said. */
  begin(options: UtteranceOptions): Utterance {
    return new Utterance(this, this.#said.length, this.#maxTokens, options);
  }

  /** Tells no more. */
  end(): void {
    this.#isOver = true;
  }

  /** Takes one token of an attempt. Returns false if another attempt said something else there. */
  hear(at: number, token: AnswerToken, model: string): boolean {
    const before = this.#said[at];
    if (before) return isSameToken(before, token);
    if (this.#isOver) return true;
    this.#model ||= model;
    this.#said.push(token);
    if (token.text) this.#onToken(token.text);
    return true;
  }

  /** The whole answer is there: tells what no token told. Returns false if it is not the one that was begun. */
  hearAll(text: string): boolean {
    const told = textOf(this.#said);
    if (!text.startsWith(told)) return false;
    if (!this.#isOver && text.length > told.length) this.#onToken(text.slice(told.length));
    this.#isOver = true;
    return true;
  }
}

/** One attempt to say an answer. What it says is bounded in number and rate, and it may not fall silent. */
export class Utterance {
  /** For the attempt's runner. */
  readonly packed: PackedTask;
  readonly #speech: Speech;
  readonly #maxTokens: number;
  readonly #options: UtteranceOptions;
  #next: number;
  /** Tokens that may come now. */
  #allowed: number = SPEECH.maxBurst;
  #allowedAtMs: number;
  #cancelDeadline: () => void = () => {};
  #isOver = false;

  constructor(speech: Speech, at: number, maxTokens: number, options: UtteranceOptions) {
    this.packed = speech.packed;
    this.#speech = speech;
    this.#next = at;
    this.#maxTokens = maxTokens;
    this.#options = options;
    this.#allowedAtMs = options.clock?.now() ?? 0;
    this.#expect(SPEECH.firstTokenMs);
  }

  readonly listen: ReportListener = (report) => {
    if (this.#isOver) return;
    if (report.stage === 'speaking') this.#hear(report);
    else if (report.stage === 'loading') this.#expect(SPEECH.firstTokenMs);
  };

  /** The result is there. Returns how the attempt ended instead, if it is not what it said; null if it is. */
  finish(value: unknown): CutOff | null {
    this.end();
    const text = (value as { text?: unknown } | null)?.text;
    // What is no answer at all is found out when it is unpacked.
    if (typeof text !== 'string' || this.#speech.hearAll(text)) return null;
    return { kind: 'returned' };
  }

  end(): void {
    this.#isOver = true;
    this.#cancelDeadline();
  }

  #hear({ at, tokens, model }: TokenProgress): void {
    const fault = this.#faultOf(at, tokens.length);
    if (fault) this.#fail(fault);
    // Where it differs, another machine went on in other words, and was heard first.
    else if (!tokens.every((token) => this.#speech.hear(this.#next++, token, model)))
      this.#cutOff({ kind: 'returned' });
    else this.#expect(SPEECH.nextTokenMs);
  }

  #faultOf(at: number, count: number): string | null {
    if (this.#isTooFast(count)) return 'sent its answer faster than any model speaks';
    if (at !== this.#next) return 'left out a part of its answer';
    return at + count > this.#maxTokens ? 'said more than it was asked for' : null;
  }

  #isTooFast(count: number): boolean {
    const { clock } = this.#options;
    if (!clock) return false;
    const earned = ((clock.now() - this.#allowedAtMs) / 1000) * SPEECH.maxTokensPerS;
    this.#allowed = Math.min(SPEECH.maxBurst, this.#allowed + earned) - count;
    this.#allowedAtMs = clock.now();
    return this.#allowed < 0;
  }

  #expect(withinMs: number): void {
    const { clock } = this.#options;
    if (!clock) return;
    this.#cancelDeadline();
    this.#cancelDeadline = clock.after(withinMs, () => this.#fail(`said nothing for ${withinMs / 1000} s`));
  }

  #fail(what: string): void {
    const message = `A volunteer ${what}. The answer goes on elsewhere; submit the task again if nobody else is there.`;
    this.#cutOff({ kind: 'failed', error: new MeshError('volunteer-failed', message) });
  }

  #cutOff(cutOff: CutOff): void {
    this.end();
    this.#options.onCutOff(cutOff);
  }
}
