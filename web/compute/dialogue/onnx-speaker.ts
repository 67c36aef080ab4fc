import type { Clock } from '../../../shared/clock.ts';
import { MeshError } from '../../../shared/errors.ts';
import { type AnswerToken, textOf } from '../../../shared/tasks/dialogue/answer-tokens.ts';
import type { LoadedModel } from '../infer/loaded-model.ts';
import { waitForRun } from '../infer/long-runs.ts';
import { SLICE_MS, type TaskSlot } from '../schedule.ts';
import type { ConversationCaches, ReadText } from './conversation-caches.ts';
import { LanguageModel, type Reading, type RunModel } from './language-model.ts';
import { ChatPrompts } from './prompt.ts';
import { chooseNext, drawOf, sampleToken } from './sampling.ts';
import { GrowingAnswer, type Speaker, type SpeechRequest, type Spoken } from './speaker.ts';
import type { Tokenizer } from './tokenizer/tokenizer.ts';

/** Between two news of a model that is got ready, ms: a slow machine takes longer to compile one than it may be silent. */
export const NEWS_INTERVAL_MS = 2_000;

/** Where a mood begins, with which an answer ends. */
const MOOD = [' [', '['];

export interface OnnxSpeakerParts {
  model: string;
  tokenizer: Tokenizer;
  contextTokens: number;
  /** The model; loaded again if it was dropped meanwhile. */
  load(onShare: (share: number) => void, signal: AbortSignal): Promise<LoadedModel>;
  caches: ConversationCaches;
  clock: Clock;
}

/** One request, with what it needs of the model. */
interface Speaking {
  request: SpeechRequest;
  language: LanguageModel;
  run: RunModel;
  slot: TaskSlot;
  /** What was read so far; the next step goes on from it. */
  read: ReadText;
  /** Since when it has its turn. */
  turnStartMs: number;
}

/** Speaks with a causal language model in ONNX, token by token. */
export class OnnxSpeaker implements Speaker {
  readonly model: string;
  readonly #parts: OnnxSpeakerParts;
  readonly #prompts: ChatPrompts;

  /** Throws MeshError `unknown-model` for a model that is not made for conversations. */
  constructor(parts: OnnxSpeakerParts) {
    this.model = parts.model;
    this.#parts = parts;
    this.#prompts = new ChatPrompts(parts.tokenizer, parts.model);
  }

  async speak(request: SpeechRequest): Promise<Spoken> {
    const { clock, contextTokens } = this.#parts;
    const { script, params, signal } = request;
    // Before the model is loaded, which a script that does not fit is not worth; in a slot, because a long text takes tens of milliseconds to cut.
    const prompt = await request.run(async () => {
      const tokens = this.#prompts.promptOf(script, params.emotions, contextTokens);
      return { isDone: true, finish: async () => tokens };
    });
    const loaded = await told(clock, request, 0, (tell) => this.#parts.load(tell, signal));
    const release = loaded.hold();
    try {
      const language = new LanguageModel(loaded, this.model);
      const trial = language.inputsFor(prompt.slice(0, 1), language.nothingRead);
      const { backend } = await told(clock, request, 1, () => loaded.session(trial, request.run, clock, signal));
      return await request.run(async (slot) => {
        let computeMs = 0;
        const run: RunModel = async (inputs) => {
          const running = loaded.run(inputs, signal, () => clock.now());
          const { outputs, ms } = await waitForRun(running, { ...clock, slot, expectedMs: null, onShare: () => {} });
          computeMs += ms;
          return outputs;
        };
        const turn = { slot, turnStartMs: clock.now() };
        const spoken = await this.#speak({ request, language, run, read: language.nothingRead, ...turn }, prompt);
        return { isDone: true, finish: async () => ({ ...spoken, backend, computeMs }) };
      });
    } finally {
      release();
    }
  }

  async #speak(speaking: Speaking, prompt: readonly number[]): Promise<Omit<Spoken, 'backend' | 'computeMs'>> {
    const { request } = speaking;
    const { caches, contextTokens } = this.#parts;
    const { maxTokens, temperature, seed, emotions } = request.params;
    const { answer, before } = this.#begin(request);
    // Another machine may have said more than there is room for.
    if (prompt.length + before.length >= contextTokens) return ended(answer, 'length', emotions[0]);
    const known = caches.take(request.owner, this.model, [...prompt, ...before]);
    if (known.cache.length > 0) speaking.read = known;
    try {
      let logits = await this.#read(speaking, [...prompt, ...before].slice(speaking.read.tokens.length));
      let finishReason: Spoken['finishReason'] = answer.isStopped ? 'stop' : 'length';
      let mood: number[] | null = null;
      while (!answer.isStopped && answer.tokens.length < maxTokens && speaking.read.tokens.length < contextTokens) {
        const at = answer.tokens.length;
        const token = sampleToken(logits, temperature, drawOf(seed, at));
        const isEnd = this.#prompts.ends.has(token);
        if (!isEnd) request.onToken(answer.add(token, this.#parts.tokenizer.bytesOf(token)), at);
        if (isEnd || answer.isStopped) {
          finishReason = 'stop';
          mood = isEnd ? this.#parts.tokenizer.encode(MOOD[0] ?? '') : [token];
          break;
        }
        await this.#yieldWhenDue(speaking);
        logits = await this.#read(speaking, [token]);
      }
      const emotion = await this.#emotion(speaking, mood ?? this.#parts.tokenizer.encode(MOOD[0] ?? ''));
      return ended(answer, finishReason, emotion);
    } finally {
      caches.keep(request.owner, this.model, speaking.read);
    }
  }

  /** The answer so far, and the tokens of what was said elsewhere. */
  #begin({ params: { said, stop, emotions } }: SpeechRequest): { answer: GrowingAnswer; before: readonly number[] } {
    const stops = emotions.length > 0 ? [...stop, ...MOOD] : stop;
    const tokens = said?.tokens ?? [];
    const replayed = said?.model === this.model ? this.#replay(tokens, new GrowingAnswer(stops)) : null;
    if (replayed) return replayed;
    const answer = new GrowingAnswer(stops);
    for (const token of tokens) answer.takeOver(token);
    return { answer, before: this.#parts.tokenizer.encode(textOf(tokens)) };
  }

  /** Says it again by the numbers that another machine told; null where these do not make the texts that it told with them. */
  #replay(tokens: readonly AnswerToken[], answer: GrowingAnswer): { answer: GrowingAnswer; before: number[] } | null {
    const { tokenizer } = this.#parts;
    const before: number[] = [];
    for (const { text, id } of tokens) {
      if (id === null || !tokenizer.has(id) || this.#prompts.ends.has(id) || answer.isStopped) return null;
      if (answer.add(id, tokenizer.bytesOf(id)).text !== text) return null;
      before.push(id);
    }
    return { answer, before };
  }

  /** A step of a small model takes less than giving up the turn, so that several are taken in one. */
  async #yieldWhenDue(speaking: Speaking): Promise<void> {
    const { clock } = this.#parts;
    if (clock.now() - speaking.turnStartMs < SLICE_MS) return;
    await speaking.slot.yieldNow();
    speaking.turnStartMs = clock.now();
  }

  /** Reads tokens, a long prompt in several runs, between which others have their turn. Returns what comes next. */
  async #read(speaking: Speaking, tokens: readonly number[]): Promise<Float32Array> {
    const { language, run, slot } = speaking;
    const most = language.maxTokensPerRun(this.#parts.tokenizer.size);
    let reading: Reading | null = null;
    for (let at = 0; at < tokens.length; at += most) {
      if (at > 0) {
        await slot.yieldNow();
        speaking.turnStartMs = this.#parts.clock.now();
      }
      reading = await language.read(tokens.slice(at, at + most), speaking.read, run);
      speaking.read = reading.read;
    }
    if (!reading) throw MeshError.badInput('There is nothing to answer. Give at least one message.');
    return reading.logits;
  }

  /** The likeliest of the emotions, whatever else the model would say. @param mood - tokens that begin the mood. */
  async #emotion(speaking: Speaking, mood: readonly number[]): Promise<string | undefined> {
    const { tokenizer, contextTokens } = this.#parts;
    const { emotions } = speaking.request.params;
    if (emotions.length < 2 || speaking.read.tokens.length + mood.length >= contextTokens) return emotions[0];
    // The conversation goes on without its moods.
    const { read } = speaking;
    try {
      let logits = await this.#read(speaking, mood);
      let options = emotions.map((emotion) => ({ emotion, tokens: tokenizer.encode(`${emotion}]`) }));
      // Two that are normalised to the same tokens stay both.
      const most = Math.max(...options.map(({ tokens }) => tokens.length));
      for (let at = 0; options.length > 1 && at < most && speaking.read.tokens.length < contextTokens; at++) {
        const next = [...new Set(options.map(({ tokens }) => tokens[at] ?? 0))];
        const chosen = chooseNext(logits, next);
        options = options.filter(({ tokens }) => (tokens[at] ?? 0) === chosen);
        if (options.length === 1) break;
        await this.#yieldWhenDue(speaking);
        logits = await this.#read(speaking, [chosen]);
      }
      return options[0]?.emotion;
    } finally {
      speaking.read = read;
    }
  }
}

/** Tells the share that was fetched again and again, while something is got ready. */
async function told<T>(
  clock: Clock,
  { onShare }: SpeechRequest,
  first: number,
  work: (tell: (share: number) => void) => Promise<T>,
): Promise<T> {
  let share = first;
  let stop = () => {};
  const tellLater = () => {
    stop = clock.after(NEWS_INTERVAL_MS, () => {
      onShare(share);
      tellLater();
    });
  };
  tellLater();
  try {
    return await work((next) => {
      share = next;
      onShare(next);
    });
  } finally {
    stop();
  }
}

function ended(answer: GrowingAnswer, finishReason: Spoken['finishReason'], emotion: string | undefined) {
  answer.end();
  return { text: answer.text, tokens: answer.tokens.length, finishReason, ...(emotion && { emotion }) };
}
