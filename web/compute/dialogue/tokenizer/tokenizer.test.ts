import { expect, test } from 'vitest';
import { MeshError } from '../../../../shared/errors.ts';
import { isQuick, MAX_PIECE_CHARS, piecesOf } from './foreign-pattern.ts';
import { mergePairs } from './merge-pairs.ts';
import { Tokenizer } from './tokenizer.ts';

/** A step within so many sequences. */
function inSequences(depth: number, step: object): object {
  return depth === 0 ? step : { type: 'Sequence', normalizers: [inSequences(depth - 1, step)] };
}

const BYTE_LEVEL = { type: 'ByteLevel', add_prefix_space: false, use_regex: true };

function tokenizerOf(more: object, vocab: string[], merges: (string | string[])[] = []): Tokenizer {
  const file = {
    added_tokens: [{ id: vocab.length, content: '<|end|>' }],
    model: { type: 'BPE', vocab: Object.fromEntries(vocab.map((text, id) => [text, id])), merges },
    ...more,
  };
  return new Tokenizer(new TextEncoder().encode(JSON.stringify(file)), 'test');
}

const textOf = (tokenizer: Tokenizer, ids: readonly number[]) =>
  new TextDecoder().decode(Uint8Array.from(ids.flatMap((id) => [...tokenizer.bytesOf(id)])));

test('pairs are merged by rank, and equal ones from the left', () => {
  const ranks = new Map([
    ['b c', 0],
    ['a b', 1],
    ['a bc', 2],
    ['x x', 3],
  ]);
  const merge = (text: string) => mergePairs([...text], (left, right) => ranks.get(`${left} ${right}`));
  expect(merge('abc')).toEqual(['abc']);
  expect(merge('abab')).toEqual(['ab', 'ab']);
  expect(merge('xxx')).toEqual(['xx', 'x']);
  expect(merge('')).toEqual([]);
});

test('a text without a space is merged in little time, however long it is', () => {
  const parts = Array<string>(100_000).fill('x');
  expect(mergePairs(parts, (left, right) => (left.length === right.length ? left.length : undefined))).toHaveLength(
    // Of the powers of two that 100,000 is a sum of, each is a part.
    [...(100_000).toString(2)].filter((digit) => digit === '1').length,
  );
});

test('words of GPT-2 are letters that stand for bytes, and any text comes back', () => {
  const letters = Array.from({ length: 512 }, (_, code) => String.fromCodePoint(code + 33));
  const tokenizer = tokenizerOf({ pre_tokenizer: BYTE_LEVEL }, [...letters, 'Ġa', 'Ġab'], ['Ġ a', ['Ġa', 'b']]);
  expect(tokenizer.encode('b ab')).toEqual([letters.indexOf('b'), letters.length + 1]);
  for (const text of ['two  spaces\n', 'caf\u00e9 \u{1f600}', "it's 42!", ''])
    expect(textOf(tokenizer, tokenizer.encode(text))).toBe(text);
});

test('words of SentencePiece have a mark for a space, and bytes where the vocabulary ends', () => {
  const vocab = ['\u2581', 'h', 'i', '\u2581hi', '\u2581h', '<0xC3>', '<0xA9>'];
  const tokenizer = tokenizerOf(
    { normalizer: { type: 'Replace', pattern: { String: ' ' }, content: '\u2581' }, pre_tokenizer: null },
    vocab,
    ['\u2581 h', '\u2581h i'],
  );
  expect(tokenizer.encode(' hi\u00e9')).toEqual([3, 5, 6]);
  expect(textOf(tokenizer, [3, 5, 6])).toBe(' hi\u00e9');
});

test('special tokens in a text are text: nobody can speak for another by writing them', () => {
  const letters = [...'<|end>'];
  const tokenizer = tokenizerOf({}, letters);
  expect(tokenizer.special('<|end|>')).toBe(letters.length);
  expect(tokenizer.encode('<|end|>')).not.toContain(letters.length);
  expect(tokenizer.bytesOf(letters.length)).toHaveLength(0);
});

test.each([
  ['bytes', { pre_tokenizer: BYTE_LEVEL }],
  ['letters', {}],
])('of tokens that were added to a vocabulary of %s only the special ones have no text', (_, more) => {
  const added = ['<|end|>', '    ', '<b>', '\n\n'].map((content, id) => ({ id: id + 1, content, special: id === 0 }));
  const tokenizer = tokenizerOf({ ...more, added_tokens: added }, ['a']);
  expect([0, 1, 2, 3, 4].map((id) => textOf(tokenizer, [id]))).toEqual(['a', '', '    ', '<b>', '\n\n']);
});

test.each([
  [
    'a pattern that no browser reads',
    { pre_tokenizer: { type: 'Split', pattern: { Regex: '(' }, behavior: 'Isolated' } },
    'pattern',
  ],
  ['a step that is not known', { pre_tokenizer: { type: 'Mystery' } }, "'pre_tokenizer'"],
  ['another model', { model: { type: 'Unigram' } }, "'model.type'"],
  [
    'a step within sequences, deeper than any file has them',
    { normalizer: inSequences(50, { type: 'NFC' }) },
    "'normalizer",
  ],
  ['a token of megabytes', { added_tokens: [{ id: 1, content: 'a'.repeat(2 ** 21) }] }, "'added_tokens.0.content'"],
])('%s is refused with a sentence', (_, more, words) => {
  try {
    tokenizerOf(more, ['a']);
    throw new Error('It was taken.');
  } catch (cause) {
    expect(MeshError.from(cause)).toMatchObject({ reason: 'unknown-model' });
    expect((cause as Error).message).toContain(words);
  }
});

const GPT4 =
  "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";
const GPT4O = `[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}]*[\\p{Ll}\\p{M}]+(?i:'s|'t|'re)?|\\p{N}{1,3}|\\s+`;

test.each([GPT4, GPT4O, ' {2,}', '[a(+)*]+', '\\(\\+?'])('the pattern %s of a tokenizer is quick', (pattern) => {
  expect(isQuick(pattern)).toBe(true);
});

test.each([
  '(a+)+$',
  '(a|a)*b',
  'a*a*a*b',
  'a?a?a?a?a?a',
  '(.)\\1',
  '(?<=a)b',
  'a{999}',
  '(a|b)(a|b)(a|b)(a|b)(a|b)',
  `(${'a|'.repeat(9)}a)`,
  'a|'.repeat(20),
])('the pattern %s, which may take for ever, is refused with a sentence', (Regex) => {
  const split = { type: 'Split', pattern: { Regex }, behavior: 'Isolated' };
  expect(() => tokenizerOf({ pre_tokenizer: split }, ['a'])).toThrow('may take for ever');
});

test('a text is cut for a foreign pattern before spaces, and within a word only where that is long', () => {
  const text = `${'lorem ipsum  '.repeat(40)}${'x'.repeat(3 * MAX_PIECE_CHARS)}`;
  const pieces = piecesOf(text);
  expect(pieces.join('')).toBe(text);
  expect(Math.max(...pieces.map(({ length }) => length))).toBeLessThanOrEqual(MAX_PIECE_CHARS);
  for (const piece of pieces.slice(1, 4)) expect(piece).toMatch(/^ /);
  expect(piecesOf(`${'x'.repeat(MAX_PIECE_CHARS - 1)}\u{1f600}`)).toEqual([
    'x'.repeat(MAX_PIECE_CHARS - 1),
    '\u{1f600}',
  ]);
});

test('a tokenizer that makes a text longer and longer is refused with a sentence', () => {
  const longer = { type: 'Replace', pattern: { String: 'a' }, content: 'aaaaaaaa' };
  const tokenizer = tokenizerOf({ normalizer: { type: 'Sequence', normalizers: Array(8).fill(longer) } }, ['a']);
  expect(() => tokenizer.encode('a'.repeat(1_000))).toThrow('several times as long');
});

test('a text that the vocabulary cannot spell is refused with a sentence', () => {
  expect(() => tokenizerOf({}, ['a']).encode('b')).toThrow('cannot spell every text');
});
