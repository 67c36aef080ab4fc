import type { Clock } from '../../../shared/clock.ts';
import { MeshError } from '../../../shared/errors.ts';
import type { LoadedModel } from '../infer/loaded-model.ts';
import { waitForRun } from '../infer/long-runs.ts';
import type { TaskSlot } from '../schedule.ts';
import { Answer } from './answer.ts';
import type { ConversationCaches, ReadText } from './conversation-caches.ts';
import { LanguageModel, type Reading, type RunModel } from './language-model.ts';
import { ChatPrompts } from './prompt.ts';
import { chooseNext, drawOf, sampleToken } from './sampling.ts';
import type { Speaker, SpeechRequest, Spoken } from './speaker.ts';
import type { Tokenizer } from './tokenizer/tokenizer.ts';

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
    const prompt = this.#prompts.promptOf(script, params.emotions, contextTokens);
    const loaded = await this.#parts.load(request.onShare, signal);
    const release = loaded.hold();
    try {
      const language = new LanguageModel(loaded, this.model);
      const trial = language.inputsFor(prompt.slice(0, 1), language.nothingRead);
      const { backend } = await loaded.session(trial, request.run, clock, signal);
      return await request.run(async (slot) => {
        let computeMs = 0;
        const run: RunModel = async (inputs) => {
          const running = loaded.run(inputs, signal, () => clock.now());
          const { outputs, ms } = await waitForRun(running, { ...clock, slot, expectedMs: null, onShare: () => {} });
          computeMs += ms;
          return outputs;
        };
        const spoken = await this.#speak({ request, language, run, slot, read: language.nothingRead }, prompt);
        return { isDone: true, finish: async () => ({ ...spoken, backend, computeMs }) };
      });
    } finally {
      release();
    }
  }

  async #speak(speaking: Speaking, prompt: readonly number[]): Promise<Omit<Spoken, 'backend' | 'computeMs'>> {
    const { request } = speaking;
    const { caches, contextTokens } = this.#parts;
    const { maxTokens, temperature, seed, stop, emotions } = request.params;
    const answer = new Answer(emotions.length > 0 ? [...stop, ...MOOD] : stop);
    const before = this.#saidBefore(request, answer);
    const known = caches.take(request.owner, this.model, [...prompt, ...before]);
    if (known.cache.length > 0) speaking.read = known;
    try {
      let logits = await this.#read(speaking, [...prompt, ...before].slice(speaking.read.tokens.length));
      let finishReason: Spoken['finishReason'] = 'length';
      let mood: number[] | null = null;
      while (answer.tokens.length < maxTokens && prompt.length + answer.tokens.length < contextTokens) {
        const at = answer.tokens.length;
        const token = sampleToken(logits, temperature, drawOf(seed, at));
        const isEnd = this.#prompts.ends.has(token);
        if (!isEnd) request.onToken(answer.add(token, this.#parts.tokenizer.bytesOf(token)), at);
        if (isEnd || answer.isStopped) {
          finishReason = 'stop';
          mood = isEnd ? this.#parts.tokenizer.encode(MOOD[0] ?? '') : [token];
          break;
        }
        await speaking.slot.yieldNow();
        logits = await this.#read(speaking, [token]);
      }
      answer.end();
      const emotion = await this.#emotion(speaking, mood ?? this.#parts.tokenizer.encode(MOOD[0] ?? ''));
      return { text: answer.text, tokens: answer.tokens.length, finishReason, ...(emotion && { emotion }) };
    } finally {
      caches.keep(request.owner, this.model, speaking.read);
    }
  }

  /** The tokens of an answer that was begun elsewhere. */
  #saidBefore({ params: { said } }: SpeechRequest, answer: Answer): number[] {
    const { tokenizer } = this.#parts;
    const isOurs = said?.model === this.model;
    return (said?.tokens ?? []).flatMap(({ text, id }) => {
      // Another model numbers its tokens otherwise.
      const tokens = isOurs && id !== null ? [id] : tokenizer.encode(text);
      const bytes = isOurs && id !== null ? tokenizer.bytesOf(id) : new TextEncoder().encode(text);
      answer.add(id, bytes);
      return tokens;
    });
  }

  /** Reads tokens, a long prompt in several runs, between which others have their turn. Returns what comes next. */
  async #read(speaking: Speaking, tokens: readonly number[]): Promise<Float32Array> {
    const { language, run, slot } = speaking;
    const most = language.maxTokensPerRun(this.#parts.tokenizer.size);
    let reading: Reading | null = null;
    for (let at = 0; at < tokens.length; at += most) {
      if (at > 0) await slot.yieldNow();
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
      for (let at = 0; options.length > 1; at++) {
        const next = [...new Set(options.map(({ tokens }) => tokens[at] ?? 0))];
        const chosen = chooseNext(logits, next);
        options = options.filter(({ tokens }) => (tokens[at] ?? 0) === chosen);
        if (options.length > 1) logits = await this.#read(speaking, [chosen]);
      }
      return options[0]?.emotion;
    } finally {
      speaking.read = read;
    }
  }
}
