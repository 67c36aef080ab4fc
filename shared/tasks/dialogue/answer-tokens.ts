import { z } from '../../zod.ts';

/** Longest token of a vocabulary, characters: those of common models are under 128, and the longest of all are runs of spaces. */
export const MAX_TOKEN_CHARS = 1_024;
/** Longest text to stop at, characters. What may become one is held back, and told with a later token. */
export const MAX_STOP_CHARS = 64;
/** Vocabularies have up to some 260,000 tokens. */
const MAX_TOKEN_ID = 2 ** 24;

/** Characters of each further token on average, at most: common models have four to six. */
const MAX_MEAN_TOKEN_CHARS = 63;

/** Tokens of one answer, at most. */
export const MAX_ANSWER_TOKENS = 1_024;

/** One token of an answer. */
export interface AnswerToken {
  /** Empty where a character is complete only with a later token. */
  text: string;
  /** Its number in the model's vocabulary; null of engines that do not tell. */
  id: number | null;
}

export const answerTokenSchema = z.strictObject({
  text: z.string().max(MAX_TOKEN_CHARS + MAX_STOP_CHARS),
  id: z.int().min(0).max(MAX_TOKEN_ID).nullable(),
});

/** What was said of an answer by the engine that began it. */
export interface PartialAnswer {
  model: string;
  tokens: readonly AnswerToken[];
}

export function textOf(tokens: readonly AnswerToken[]): string {
  return tokens.map(({ text }) => text).join('');
}

/**
 * Longest text that so many tokens may have, characters. It grows with each, so that whoever goes on from what another said has room, whatever that was.
 */
export function maxTextChars(tokens: number): number {
  return MAX_TOKEN_CHARS + tokens * MAX_MEAN_TOKEN_CHARS;
}

/** Whether two engines chose the same token. Where one does not tell its number, the text decides. */
export function isSameToken(one: AnswerToken, other: AnswerToken): boolean {
  return one.text === other.text && (one.id === other.id || one.id === null || other.id === null);
}
