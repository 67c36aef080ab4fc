import { sizeWords } from '../bytes.ts';
import { MeshError } from '../errors.ts';
import { parseUrl } from '../older-browsers.ts';
import { z } from '../zod.ts';
import { checkedInput } from './checked-input.ts';
import { type TaskDefinition, UNDECIDED } from './definition.ts';
import {
  answerTokenSchema,
  MAX_ANSWER_TOKENS,
  MAX_STOP_CHARS,
  maxTextChars,
  type PartialAnswer,
  textOf,
} from './dialogue/answer-tokens.ts';
import { attachmentAt } from './packing.ts';

/** Limits of a dialogue. */
export const DIALOGUE = {
  maxMessages: 256,
  /** Persona and messages together, as they travel, bytes: more than the contexts of models that run in browsers. */
  maxBytes: 64 * 1024,
  maxTokens: MAX_ANSWER_TOKENS,
  /** A few sentences. */
  defaultTokens: 128,
  defaultTemperature: 0.7,
  maxStops: 8,
  maxStopChars: MAX_STOP_CHARS,
  maxEmotions: 32,
  maxEmotionChars: 32,
  maxModelChars: 1_024,
  maxConversationChars: 64,
  /** Longest answer, characters. */
  maxTextChars: maxTextChars(MAX_ANSWER_TOKENS),
} as const;

/** The whole task may take this long, ms, until that is measured: what is late within it is noticed token by token. */
const FIRST_DEADLINE_MS = 60_000;
/** Bytes of a prompt that take about as long as one token of the answer: a prompt is read in one go. */
const PROMPT_BYTES_PER_UNIT = 64;

export const ROLES = ['system', 'user', 'assistant'] as const;
export interface DialogueMessage {
  role: (typeof ROLES)[number];
  content: string;
}

export interface DialogueInput {
  messages: DialogueMessage[];
  persona?: string | undefined;
  model?: string | undefined;
  maxTokens?: number | undefined;
  temperature?: number | undefined;
  seed?: number | undefined;
  stop?: string[] | undefined;
  emotions?: string[] | undefined;
  conversation?: string | undefined;
}

export interface DialogueParams {
  /** Undefined: the best that the machine has. */
  model?: string | undefined;
  maxTokens: number;
  temperature: number;
  seed: number;
  stop: string[];
  emotions: string[];
  /** Names the conversation: its next task is best run where this one was. */
  conversation?: string | undefined;
  /** What was said before, if the answer was begun elsewhere: it goes on from there. */
  said?: PartialAnswer | undefined;
}

export const FINISH_REASONS = ['stop', 'length', 'cancelled'] as const;

export interface DialogueResult {
  text: string;
  emotion?: string;
  tokens: number;
  finishReason: (typeof FINISH_REASONS)[number];
  model: string;
}

/** What is said: the attachment of a task. It is data, whatever it says. */
export interface Script {
  persona: string;
  messages: DialogueMessage[];
}

const modelSchema = z
  .string()
  .min(1)
  .max(DIALOGUE.maxModelChars)
  .refine(isModelName, 'expected the name of a model, or the address of its folder');
const settings = {
  model: modelSchema.optional(),
  conversation: z.string().min(1).max(DIALOGUE.maxConversationChars).optional(),
};
const maxTokens = z.int().min(1).max(DIALOGUE.maxTokens);
const temperature = z.number().min(0).max(2);
const seed = z.int().min(0).max(0xffffffff);
const stop = z.array(z.string().min(1).max(DIALOGUE.maxStopChars)).max(DIALOGUE.maxStops);
const emotions = z
  .array(
    z
      .string()
      .max(DIALOGUE.maxEmotionChars)
      .regex(/^[\p{L}\p{N}][\p{L}\p{N} '-]*$/u, 'expected words'),
  )
  .max(DIALOGUE.maxEmotions);
const scriptSchema = z.strictObject({
  persona: z.string(),
  messages: z
    .array(z.strictObject({ role: z.enum(ROLES), content: z.string() }))
    .min(1)
    .max(DIALOGUE.maxMessages),
});
const inputSchema = z.object({
  ...settings,
  persona: z.string().optional(),
  messages: scriptSchema.shape.messages,
  maxTokens: maxTokens.optional(),
  temperature: temperature.optional(),
  seed: seed.optional(),
  stop: stop.optional(),
  emotions: emotions.optional(),
});
const paramsSchema = z.strictObject({
  ...settings,
  ...{ maxTokens, temperature, seed, stop },
  // Which of two equal ones the model means cannot be told.
  emotions: emotions.refine((all) => new Set(all).size === all.length, 'expected each emotion once'),
  said: z
    .strictObject({
      model: z.string().max(DIALOGUE.maxModelChars),
      tokens: z.array(answerTokenSchema).max(MAX_ANSWER_TOKENS),
    })
    .optional(),
});
const valueSchema = z.strictObject({
  text: z.string().max(DIALOGUE.maxTextChars),
  emotion: z.string().max(DIALOGUE.maxEmotionChars).optional(),
  tokens: z.int().min(0).max(DIALOGUE.maxTokens),
  finishReason: z.enum(['stop', 'length']),
  model: z.string().min(1).max(DIALOGUE.maxModelChars),
});

/** `dialogue` has a character answer. The only attachment of a task is its {@link Script}, as JSON in UTF-8. */
export const dialogue: TaskDefinition<DialogueInput, DialogueParams, DialogueResult> = {
  type: 'dialogue',
  params: paramsSchema,
  value: valueSchema,
  // The same words again are rarely what a player wants, and machines differ.
  cacheable: false,
  pack(input) {
    checkLength(input);
    const given = checkedInput(inputSchema, input, 'dialogue');
    const { persona = '', messages, model, conversation } = given;
    const script = new TextEncoder().encode(JSON.stringify({ persona, messages }));
    if (script.byteLength > DIALOGUE.maxBytes) throw tooLong(script.byteLength);
    const params = {
      maxTokens: given.maxTokens ?? DIALOGUE.defaultTokens,
      temperature: given.temperature ?? DIALOGUE.defaultTemperature,
      seed: given.seed ?? 0,
      stop: given.stop ?? [],
      emotions: [...new Set(given.emotions)],
      ...(model !== undefined && { model }),
      ...(conversation !== undefined && { conversation }),
    };
    return { params, attachments: [script] };
  },
  checkAttachments({ maxTokens, said }, attachments) {
    if (said && said.tokens.length > maxTokens)
      throw MeshError.malformed('A dialogue task arrived with more said than it asks for.');
    if (said && textOf(said.tokens).length > maxTextChars(said.tokens.length))
      throw MeshError.malformed('A dialogue task arrived with more said than fits into an answer.');
    readScript(attachments);
  },
  unpackResult({ params }, { value }) {
    const answer = answerIn(value, params);
    if (!answer) throw MeshError.malformed('An answer came back that is not one to its task.');
    return answer;
  },
  kindOf: ({ model = 'best' }) => `dialogue:${model}`,
  loadsFiles: () => true,
  firstDeadlineMs: () => FIRST_DEADLINE_MS,
  cost: ({ maxTokens }) => maxTokens + DIALOGUE.maxBytes / PROMPT_BYTES_PER_UNIT / 8,
  // Tokens travel as they are said, with their numbers.
  resultBytes: ({ maxTokens }) => maxTokens * 32,
  tokenStreaming: {
    maxTokens: ({ maxTokens }) => maxTokens,
    maxChars: maxTextChars,
    textIn: (value, params) => answerIn(value, params)?.text ?? null,
    conversation: ({ conversation }) => conversation,
    continueFrom: (params, said) => ({ ...params, said }),
    partial: ({ model, tokens }) => ({
      ...{ text: textOf(tokens), tokens: tokens.length, model },
      finishReason: 'cancelled' satisfies DialogueResult['finishReason'],
    }),
  },
  // There is no right answer to compare with: machines round differently, and one other digit makes another sentence.
  *verify() {
    yield;
    return UNDECIDED;
  },
};

/** Reads the value of a result; null for what is no answer to such a task. */
function answerIn(value: unknown, { maxTokens, emotions }: DialogueParams): DialogueResult | null {
  const parsed = valueSchema.safeParse(value);
  if (!parsed.success) return null;
  const { emotion, ...answer } = parsed.data;
  const isAllowed = emotion === undefined || emotions.includes(emotion);
  if (!isAllowed || answer.tokens > maxTokens || answer.text.length > maxTextChars(maxTokens)) return null;
  return { ...answer, ...(emotion !== undefined && { emotion }) };
}

/** Throws MeshError `malformed`. */
export function readScript(attachments: readonly Uint8Array[]): Script {
  const bytes = attachmentAt(attachments, 0);
  const isBounded = attachments.length === 1 && bytes.byteLength <= DIALOGUE.maxBytes;
  const parsed = scriptSchema.safeParse(isBounded ? read(bytes) : null);
  if (parsed.success) return parsed.data;
  throw MeshError.malformed('A dialogue task arrived with messages in an unknown form.');
}

function read(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    return null;
  }
}

/** Before the schema reads it all. */
function checkLength({ persona, messages }: DialogueInput): void {
  const contents = Array.isArray(messages) ? messages.map((message) => message?.content) : [];
  const chars = [persona, ...contents].reduce((sum, text) => sum + (typeof text === 'string' ? text.length : 0), 0);
  if (chars > DIALOGUE.maxBytes) throw tooLong(chars);
}

function tooLong(sizeBytes: number): MeshError {
  const sizes = `${sizeWords(sizeBytes)} or more; the limit is ${sizeWords(DIALOGUE.maxBytes, 'down')}`;
  const message = `The persona and the messages of a dialogue have ${sizes}. Leave out the oldest messages, or sum them up.`;
  return new MeshError('too-large', message);
}

/** A name, or the address of a folder with a model. */
function isModelName(model: string): boolean {
  if (/^[\w-]+(\.[\w-]+)*$/.test(model)) return true;
  return /^https?:$/.test(parseUrl(model)?.protocol ?? '');
}
