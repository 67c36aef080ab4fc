/**
 * Bounds of a pattern in a tokenizer's file, which comes from whoever made the model: matching cannot be interrupted, and some patterns take for
 * ever. Those of GPT-4, Llama 3 and Qwen have up to 9 alternatives, and in one of these 2 repetitions, 3 choices and a group of 7 alternatives.
 */
const PATTERN = {
  maxAlternatives: 16,
  maxRepetitions: 2,
  maxChoices: 4,
  maxNested: 8,
  maxSmallCount: 3,
  maxCount: 16,
} as const;

/** Longest part of a text that such a pattern is tried on, characters: with two repetitions the time grows with the cube. */
export const MAX_PIECE_CHARS = 128;

const COUNT = /\{(\d+)(,?)(\d*)\}/y;
const ESCAPED = /\\(?:[pPu]\{[^}]*\}|.)/suy;

/**
 * Whether a pattern is matched in little time, whatever the text: no group is repeated, and each alternative has few repetitions and few choices
 * (what is optional, and groups).
 */
export function isQuick(pattern: string): boolean {
  let alternatives = 1;
  let repetitions = 0;
  let choices = 0;
  /** Alternatives within groups. */
  let nested = 0;
  let depth = 0;
  for (let at = 0; at < pattern.length; at++) {
    const letter = pattern[at];
    // A group that has a name, or looks back.
    if (pattern.startsWith('(?<', at)) return false;
    if (letter === '\\') {
      ESCAPED.lastIndex = at;
      const [whole = ''] = ESCAPED.exec(pattern) ?? [];
      // What a group matched, once more.
      if (/^\\[1-9k]/.test(whole)) return false;
      at += Math.max(0, whole.length - 1);
    } else if (letter === '[') at = endOfClass(pattern, at);
    else if (letter === '(') {
      depth++;
      choices++;
      // The mark behind it is no choice.
      if (pattern[at + 1] === '?') at++;
    } else if (letter === ')') {
      depth--;
      if (/^[*+{]/.test(pattern.slice(at + 1))) return false;
    } else if (letter === '?') choices++;
    else if (letter === '*' || letter === '+') repetitions++;
    else if (letter === '{') {
      COUNT.lastIndex = at;
      const [whole = '', least = '', comma = '', most = ''] = COUNT.exec(pattern) ?? [];
      if (Math.max(Number(least), Number(most)) > PATTERN.maxCount) return false;
      if (comma && (!most || Number(most) > PATTERN.maxSmallCount)) repetitions++;
      else choices++;
      at += Math.max(0, whole.length - 1);
    } else if (letter === '|' && depth > 0) nested++;
    else if (letter === '|') {
      alternatives++;
      repetitions = 0;
      choices = 0;
      nested = 0;
    }
    if (repetitions > PATTERN.maxRepetitions || choices > PATTERN.maxChoices) return false;
    if (alternatives > PATTERN.maxAlternatives || nested > PATTERN.maxNested) return false;
  }
  return true;
}

/** Position of the bracket that ends a class of characters. */
function endOfClass(pattern: string, from: number): number {
  for (let at = from + 1; at < pattern.length; at++) {
    if (pattern[at] === '\\') at++;
    else if (pattern[at] === ']') return at;
  }
  return pattern.length;
}

/** Cuts a text before spaces where it can, so that no word of usual length is cut. */
export function piecesOf(text: string): string[] {
  const pieces: string[] = [];
  for (let from = 0; from < text.length; ) {
    const to = text.length - from <= MAX_PIECE_CHARS ? text.length : endOfPiece(text, from);
    pieces.push(text.slice(from, to));
    from = to;
  }
  return pieces;
}

function endOfPiece(text: string, from: number): number {
  const end = from + MAX_PIECE_CHARS;
  for (let at = end; at > from; at--) if (text[at] === ' ' && text[at - 1]?.trim()) return at;
  // Not between the halves of a character.
  return /[\udc00-\udfff]/.test(text[end] ?? '') ? end - 1 : end;
}
