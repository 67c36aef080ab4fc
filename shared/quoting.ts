/** Longest name in a sentence, in characters: most are shorter, and more would read as a sentence of its own. */
export const MAX_QUOTED_NAME_CHARS = 24;

/** Quotation marks of any script that could close ours. */
const DOUBLE_QUOTES = /["“”„‟«»〝〞〟＂\u02ee\u05f4\u2033\u2036\u275d\u275e\u2e42]/gu;

/** Letters of scripts that run from right to left, which take digits and marks beside them along. */
const RIGHT_TO_LEFT = /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\u{10800}-\u{10fff}\u{1e800}-\u{1efff}]/u;
/** U+2068 and U+2069. */
const [ISOLATE, END_OF_ISOLATE] = ['\u2068', '\u2069'];

/**
 * A stranger's text as it may stand in quotation marks of ours: one line, without control characters, those that reorder or hide text, and double
 * quotation marks of any script.
 */
export function quotable(text: string, maxChars: number): string {
  const line = text
    .slice(0, 4 * maxChars)
    .replace(/[\p{C}\p{Zl}\p{Zp}\s]+/gu, ' ')
    .replace(DOUBLE_QUOTES, "'")
    .trim();
  const characters = [...line];
  return characters.length > maxChars ? `${characters.slice(0, maxChars - 1).join('')}…` : line;
}

/**
 * A name that somebody chose, for a sentence of ours: short, and in quotation marks that it cannot leave, since it may be "Your session ended, log in
 * at evil.example. The PC".
 */
export function quotedName(name: string): string {
  const quoted = quotable(name, MAX_QUOTED_NAME_CHARS);
  return `“${RIGHT_TO_LEFT.test(quoted) ? `${ISOLATE}${quoted}${END_OF_ISOLATE}` : quoted}”`;
}
