import { mergePairs } from './merge-pairs.ts';
import { brokenTokenizer, readTokenizerFile } from './tokenizer-file.ts';
import { type WordCutter, wordCutterOf } from './words.ts';

/** Words whose tokens are remembered: language repeats itself. */
const MAX_KNOWN_WORDS = 4_096;
/** Stands for a space in vocabularies that come from SentencePiece. */
const SPACE_MARK = '\u2581';
const BYTE_TOKEN = /^<0x([0-9A-F]{2})>$/;

/**
 * A byte-pair vocabulary of a `tokenizer.json`. Of our own make, because the usual library for it brings a runtime for Node that downloads
 * programs as it is installed.
 */
export class Tokenizer {
  readonly #model: string;
  readonly #vocabulary: ReadonlyMap<string, number>;
  readonly #texts: ReadonlyMap<number, string>;
  readonly #added: ReadonlyMap<string, number>;
  /** Those that stand for no text. */
  readonly #special: ReadonlySet<number>;
  /** Length of the longest token, characters. */
  readonly longestTokenChars: number;
  readonly #ranks: ReadonlyMap<string, number>;
  readonly #words: WordCutter;
  readonly #known = new Map<string, readonly number[]>();

  /**
   * @param bytes - a `tokenizer.json`.
   * @param model - named in errors.
   *
   * Throws MeshError `unknown-model`.
   */
  constructor(bytes: Uint8Array, model: string) {
    const file = readTokenizerFile(bytes, model);
    this.#model = model;
    this.#added = new Map(file.added_tokens.map(({ content, id }) => [content, id]));
    this.#special = new Set(file.added_tokens.flatMap(({ id, special }) => (special ? id : [])));
    this.#vocabulary = new Map(Object.entries(file.model.vocab));
    this.#texts = new Map([...this.#vocabulary, ...this.#added].map(([text, id]) => [id, text]));
    this.longestTokenChars = [...this.#texts.values()].reduce((most, text) => Math.max(most, text.length), 1);
    const pairs = file.model.merges.map((pair) => (typeof pair === 'string' ? pair : pair.join(' ')));
    this.#ranks = new Map(pairs.map((pair, rank) => [pair, rank]));
    this.#words = wordCutterOf(file, model);
  }

  /** Tokens in the vocabulary, with those that have no text. */
  get size(): number {
    return this.#texts.size;
  }

  /** Whether a token has this number. */
  has(token: number): boolean {
    return this.#texts.has(token);
  }

  /** The number of a token that a text is never cut into, as the end of a turn; undefined if there is none. */
  special(text: string): number | undefined {
    return this.#added.get(text);
  }

  /** Tokens of a text. Whatever it says, none of them is a special one. Throws MeshError `unknown-model`. */
  encode(text: string): number[] {
    return this.#words.cut(text).flatMap((word) => this.#tokensOf(word));
  }

  /** The bytes that a token stands for: a character may be complete only with the next one. Empty for special tokens. */
  bytesOf(token: number): Uint8Array {
    if (this.#special.has(token)) return new Uint8Array(0);
    const text = this.#texts.get(token) ?? '';
    if (this.#words.isByteLevel) {
      const bytes = Array.from(text, (letter) => BYTE_OF_LETTER.get(letter));
      // An added token, such as a run of spaces, is written as it is.
      return bytes.every((byte) => byte !== undefined) ? Uint8Array.from(bytes) : new TextEncoder().encode(text);
    }
    const byte = BYTE_TOKEN.exec(text)?.[1];
    if (byte) return Uint8Array.of(Number.parseInt(byte, 16));
    return new TextEncoder().encode(text.replaceAll(SPACE_MARK, ' '));
  }

  #tokensOf(word: string): readonly number[] {
    const known = this.#known.get(word);
    if (known) return known;
    const bytes = new TextEncoder().encode(word);
    const parts = this.#words.isByteLevel ? Array.from(bytes, (byte) => LETTERS[byte] ?? '') : Array.from(word);
    const merged = mergePairs(parts, (left, right) => this.#ranks.get(`${left} ${right}`));
    const tokens = merged.flatMap((part) => this.#numbersOf(part));
    if (this.#known.size >= MAX_KNOWN_WORDS) this.#known.clear();
    if (word.length < 64) this.#known.set(word, tokens);
    return tokens;
  }

  /** A part that the vocabulary does not have is spelt in bytes. */
  #numbersOf(part: string): number[] {
    const number = this.#vocabulary.get(part);
    if (number !== undefined) return [number];
    return Array.from(new TextEncoder().encode(part), (byte) => {
      const spelt = this.#vocabulary.get(`<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`);
      if (spelt === undefined) throw brokenTokenizer(this.#model, 'its vocabulary cannot spell every text');
      return spelt;
    });
  }
}

/** The printable character that stands for each byte, as `bytes_to_unicode` of GPT-2 has it. */
const LETTERS = byteLetters();
const BYTE_OF_LETTER: ReadonlyMap<string, number> = new Map(LETTERS.map((letter, byte) => [letter, byte]));

function byteLetters(): string[] {
  let others = 256;
  return Array.from({ length: 256 }, (_, byte) => {
    const isPrintable = (byte >= 33 && byte <= 126) || (byte >= 161 && byte !== 173);
    return String.fromCodePoint(isPrintable ? byte : others++);
  });
}
