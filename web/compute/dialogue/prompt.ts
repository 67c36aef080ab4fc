import { MeshError } from '../../../shared/errors.ts';
import type { DialogueMessage, Script } from '../../../shared/tasks/dialogue.ts';
import type { Tokenizer } from './tokenizer/tokenizer.ts';

/** Least part of a model's context that is left for the answer. */
const ANSWER_SHARE = 1 / 4;

/** How a model marks who says what. A `|` stands for the role, and each `<...>` is a token of its own. */
interface ChatFormat {
  /** Before everything; empty for none. */
  begin: string;
  turn: { before: string; afterRole: string; after: string };
  /** Tokens that end an answer. */
  ends: readonly string[];
  /** What the model calls the roles; the persona is part of the first message where it has no name for `system`. */
  roles: Readonly<Record<DialogueMessage['role'], string | null>>;
}

const ROLES = { system: 'system', user: 'user', assistant: 'assistant' } as const;

/** By the token that tells the format: ChatML of SmolLM2, Qwen and our own model; Gemma; Llama 3. */
const FORMATS: readonly { mark: string; format: ChatFormat }[] = [
  {
    mark: '<|im_start|>',
    format: {
      begin: '',
      turn: { before: '<|im_start|>', afterRole: '\n', after: '<|im_end|>' },
      ends: ['<|im_end|>', '<|endoftext|>'],
      roles: ROLES,
    },
  },
  {
    mark: '<start_of_turn>',
    format: {
      begin: '<bos>',
      turn: { before: '<start_of_turn>', afterRole: '\n', after: '<end_of_turn>' },
      ends: ['<end_of_turn>', '<eos>'],
      roles: { system: null, user: 'user', assistant: 'model' },
    },
  },
  {
    mark: '<|start_header_id|>',
    format: {
      begin: '<|begin_of_text|>',
      turn: { before: '<|start_header_id|>', afterRole: '\n\n', after: '<|eot_id|>' },
      ends: ['<|eot_id|>', '<|end_of_text|>'],
      roles: ROLES,
    },
  },
];
const LLAMA_HEADER_END = '<|end_header_id|>';

/** Writes conversations as one model expects them. */
export class ChatPrompts {
  /** Numbers of the tokens that end an answer. */
  readonly ends: ReadonlySet<number>;
  readonly #tokenizer: Tokenizer;
  readonly #format: ChatFormat;
  readonly #model: string;

  /** Throws MeshError `unknown-model` for a model whose format is not known. */
  constructor(tokenizer: Tokenizer, model: string) {
    const known = FORMATS.find(({ mark }) => tokenizer.special(mark) !== undefined);
    if (!known) {
      const message = `The model '${model}' does not mark turns in a way that is known here (ChatML, Gemma, Llama 3). Use one that is tuned for chat.`;
      throw new MeshError('unknown-model', message);
    }
    this.#tokenizer = tokenizer;
    this.#format = known.format;
    this.#model = model;
    this.ends = new Set(known.format.ends.flatMap((text) => tokenizer.special(text) ?? []));
  }

  /**
   * The prompt of an answer, without the oldest messages where the context has no room for all. Throws MeshError `bad-input` where the persona and
   * the last message alone do not fit. What cannot fit is not cut into tokens, which would take far longer than reading it.
   *
   * @param contextTokens - of the model, with the answer.
   */
  promptOf({ persona, messages }: Script, emotions: readonly string[], contextTokens: number): number[] {
    const room = Math.floor(contextTokens * (1 - ANSWER_SHARE));
    const begin = this.#special(this.#format.begin);
    const opening = this.#opening('assistant');
    const head = this.#headOf(persona, messages, emotions, room);
    const spoken = messages.filter(({ role }) => role !== 'system');
    const turns: number[][] = [];
    let left = room - begin.length - head.length - opening.length;
    for (const { role, content } of spoken.reverse()) {
      const turn = this.#isTooLong(content, left) ? null : this.#turn(role, content);
      if (!turn || turn.length > left) break;
      left -= turn.length;
      turns.unshift(turn);
    }
    if (left < 0 || (turns.length === 0 && spoken.length > 0)) throw this.#noRoom(room);
    return [...begin, ...head, ...turns.flat(), ...opening];
  }

  /** Whether a text has more tokens than there is room for, whatever it says. */
  #isTooLong(text: string, room: number): boolean {
    return text.length > Math.max(0, room) * this.#tokenizer.longestTokenChars;
  }

  #noRoom(room: number): MeshError {
    return MeshError.badInput(
      `The persona, the notes of the game and the last message are more than the ${room} tokens for which the model '${this.#model}' has room. Shorten them, or name a model with a longer context.`,
    );
  }

  get #hasSystem(): boolean {
    return this.#format.roles.system !== null;
  }

  /** The persona, what the game says in the role `system`, and how to name a mood. */
  #headOf(persona: string, messages: readonly DialogueMessage[], emotions: readonly string[], room: number): number[] {
    const notes = messages.filter(({ role }) => role === 'system').map(({ content }) => content);
    const text = [persona, ...notes, ...(emotions.length > 0 ? [emotionSentence(emotions)] : [])]
      .filter((part) => part !== '')
      .join(' ');
    if (text === '') return [];
    if (this.#isTooLong(text, room)) throw this.#noRoom(room);
    return this.#turn(this.#hasSystem ? 'system' : 'user', text);
  }

  #turn(role: DialogueMessage['role'], content: string): number[] {
    const { after } = this.#format.turn;
    return [
      ...this.#opening(role),
      ...this.#tokenizer.encode(content),
      ...this.#special(after),
      ...this.#newline(after),
    ];
  }

  #opening(role: DialogueMessage['role']): number[] {
    const { before, afterRole } = this.#format.turn;
    const name = this.#tokenizer.encode(this.#format.roles[role] ?? role);
    const isLlama = this.#tokenizer.special(LLAMA_HEADER_END) !== undefined;
    const headerEnd = isLlama ? this.#special(LLAMA_HEADER_END) : [];
    return [...this.#special(before), ...name, ...headerEnd, ...this.#tokenizer.encode(afterRole)];
  }

  /** Llama 3 has no line break between turns. */
  #newline(after: string): number[] {
    return after === '<|eot_id|>' ? [] : this.#tokenizer.encode('\n');
  }

  #special(text: string): number[] {
    const number = text === '' ? undefined : this.#tokenizer.special(text);
    return number === undefined ? [] : [number];
  }
}

/** As the model of `training/dialogue` learned it. */
export function emotionSentence(emotions: readonly string[]): string {
  return `After your answer, name your mood in brackets: ${emotions.join(', ')}.`;
}
