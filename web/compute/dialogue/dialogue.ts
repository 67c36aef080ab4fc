import { setNewest } from '../../../shared/bounded-map.ts';
import type { Clock } from '../../../shared/clock.ts';
import { MeshError } from '../../../shared/errors.ts';
import { logger } from '../../../shared/log.ts';
import type { PackedTask, ReportListener } from '../../../shared/tasks/definition.ts';
import type { PartialAnswer } from '../../../shared/tasks/dialogue/answer-tokens.ts';
import { type DialogueParams, readScript } from '../../../shared/tasks/dialogue.ts';
import type { ExecutedTask } from '../engine-types.ts';
import type { LoadedModelCache } from '../infer/loaded-model-cache.ts';
import { MissingFile } from '../models/model-host.ts';
import type { LanguageSource } from '../models/model-source.ts';
import type { RunInTaskSlot } from '../schedule.ts';
import { ConversationCaches } from './conversation-caches.ts';
import { OnnxSpeaker } from './onnx-speaker.ts';
import { RulesSpeaker } from './rules-speaker.ts';
import type { Speaker } from './speaker.ts';
import { Tokenizer } from './tokenizer/tokenizer.ts';

const log = logger('compute.dialogue');

/** Speakers that are kept ready: each has its vocabulary in memory. The one that was used least recently goes first. */
const MAX_SPEAKERS = 4;

/** Reasons for which a model cannot be had: rules speak instead, where no model was asked for. */
const NOT_HERE: ReadonlySet<string> = new Set(['unknown-model', 'connection-failed', 'malformed', 'too-large']);

export interface DialogueOptions extends Clock {
  /** Not owned. */
  models: LoadedModelCache;
  /** Undefined: only rules speak. */
  language: LanguageSource | undefined;
  /** The browser's own model, where there is one and the machine's owner allows it. */
  browser?: (() => Speaker | null) | undefined;
}

export interface DialogueTask {
  /** Checked by its definition. */
  packed: PackedTask;
  owner: string;
  signal: AbortSignal;
  onReport?: ReportListener | undefined;
}

/** Has characters answer, with the best that this machine has. */
export class Dialogue {
  readonly #options: DialogueOptions;
  readonly #models: LoadedModelCache;
  readonly #caches: ConversationCaches;
  readonly #rules = new RulesSpeaker();
  /** By the name that tasks give, empty for none. */
  readonly #speakers = new Map<string, Promise<Speaker>>();

  constructor(options: DialogueOptions) {
    this.#options = options;
    this.#models = options.models;
    this.#caches = new ConversationCaches(options);
  }

  /** @param run - runs a part of the work in a time slot. Throws MeshError as {@link Speaker.speak} does, and `connection-failed`. */
  async speak(task: DialogueTask, run: RunInTaskSlot): Promise<ExecutedTask> {
    const { signal, owner, packed } = task;
    const params = packed.params as DialogueParams;
    const script = readScript(packed.attachments);
    const onShare = (share: number) => task.onReport?.({ stage: 'loading', share });
    const saidBefore = params.said?.tokens.length ?? 0;
    let told = saidBefore;
    let speaker: Speaker | null = null;
    for (;;) {
      try {
        speaker ??= await this.#speakerFor(params, onShare, signal);
        const { model } = speaker;
        const { backend, computeMs, ...answer } = await speaker.speak({
          ...{ script, params, owner, signal, run, onShare },
          onToken: (token, at) => {
            if (at < told) return;
            told = at + 1;
            task.onReport?.({ stage: 'speaking', model, at, tokens: [token] });
          },
        });
        return { value: { ...answer, model }, attachments: [], backend, computeMs };
      } catch (cause) {
        const { reason } = MeshError.from(cause);
        if (signal.aborted) throw cause;
        // Another task was cancelled that opened the model, or was amid a long run, which ended the model with it.
        if (reason === 'cancelled') speaker = null;
        // Others' words amid an answer would be no sentence.
        else if (told === saidBefore && params.model === undefined && speaker !== this.#rules && NOT_HERE.has(reason)) {
          log.warn('rules speak instead of a model', { why: MeshError.from(cause).message });
          speaker = this.#rules;
        } else throw cause;
      }
    }
  }

  /** Whoever asked under this name has left: nothing is kept of what was read for it. */
  forget(owner: string): void {
    this.#caches.forget(owner);
  }

  dispose(): void {
    this.#caches.dispose();
    this.#speakers.clear();
  }

  async #speakerFor(
    { model, said }: DialogueParams,
    onShare: (share: number) => void,
    signal: AbortSignal,
  ): Promise<Speaker> {
    const wanted = model ?? (await this.#begunBy(said));
    const browser = this.#options.browser?.() ?? null;
    if (wanted === this.#rules.model) return this.#rules;
    if (wanted === 'browser' || (wanted === undefined && browser)) {
      if (browser) return browser;
      if (model !== undefined) throw noBrowserModel();
    }
    return this.#languageSpeaker(wanted === 'browser' ? undefined : wanted, onShare, signal);
  }

  /**
   * The model that began an answer, where it can be had here too. Another machine names it, so an address or a folder counts for nothing: those are
   * fetched only for the task itself.
   */
  async #begunBy(said: PartialAnswer | undefined): Promise<string | undefined> {
    if (said === undefined || said.model === this.#rules.model || said.model === 'browser') return said?.model;
    return (await this.#options.language?.isListed(said.model)) ? said.model : undefined;
  }

  #languageSpeaker(model: string | undefined, onShare: (share: number) => void, signal: AbortSignal): Promise<Speaker> {
    const key = model ?? '';
    const opening = this.#speakers.get(key) ?? this.#open(model, onShare, signal);
    setNewest(this.#speakers, key, opening, MAX_SPEAKERS);
    opening.catch(() => {
      // The next task tries again.
      if (this.#speakers.get(key) === opening) this.#speakers.delete(key);
    });
    return opening;
  }

  async #open(model: string | undefined, onShare: (share: number) => void, signal: AbortSignal): Promise<Speaker> {
    const { language, now, after } = this.#options;
    if (!language) throw new MeshError('unknown-model', "There are no language models here. Use the model 'rules'.");
    const { name, onnx, tokenizer, contextTokens } = await language.loadLanguage(model, onShare, signal);
    return new OnnxSpeaker({
      ...{ model: name, tokenizer: new Tokenizer(tokenizer, name), contextTokens, caches: this.#caches },
      clock: { now, after },
      load: (onLoad, loadSignal) => this.#load(onnx, onLoad, loadSignal),
    });
  }

  /** The first of the files that exists. */
  async #load(files: readonly string[], onShare: (share: number) => void, signal: AbortSignal) {
    for (const file of files.slice(0, -1)) {
      try {
        return await this.#models.get(file, [], onShare, signal);
      } catch (cause) {
        if (!(cause instanceof MissingFile)) throw cause;
      }
    }
    return this.#models.get(files.at(-1) ?? '', [], onShare, signal);
  }
}

function noBrowserModel(): MeshError {
  const message =
    "This machine's browser has no language model of its own, or its owner does not lend it. Leave out 'model', or name another one.";
  return new MeshError('unknown-model', message);
}
