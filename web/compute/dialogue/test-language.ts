import type { NamedTensor, OnnxSession, OpenOnnx } from '../ort/onnx-sessions.ts';

// A language of few words, and a model of it whose cache a test can look into.

/** Each is one token. */
export const WORDS = [
  '<|im_start|>',
  '<|im_end|>',
  'system',
  'user',
  'assistant',
  '\n',
  ' [',
  'calm',
  'angry',
  ']',
  'a',
  'b',
  'c',
  ' ',
];

/** A `tokenizer.json` of that language, whose tokens are whole words. */
export function tokenizerFile(words: readonly string[] = WORDS): Uint8Array<ArrayBuffer> {
  const letters = Array.from({ length: 95 }, (_, n) => String.fromCharCode(32 + n));
  const texts = [...words, ...letters.filter((letter) => !words.includes(letter))];
  // Every word is merged letter by letter.
  const merges = words
    .slice(2)
    .flatMap((word) => [...word].slice(1).map((letter, n) => [word.slice(0, n + 1), letter]));
  const parts = merges.map(([left = '', right = '']) => left + right);
  const all = [...new Set([...texts, ...parts])];
  return new TextEncoder().encode(
    JSON.stringify({
      added_tokens: words.slice(0, 2).map((content, id) => ({ id, content })),
      normalizer: null,
      pre_tokenizer: { type: 'Split', pattern: { Regex: '[a-z]+|\\n| \\[|\\]| ' }, behavior: 'Isolated' },
      model: { type: 'BPE', vocab: Object.fromEntries(all.map((text, id) => [text, id])), merges },
    }),
  );
}

export const tokenOf = (word: string): number => WORDS.indexOf(word);

/**
 * A runtime whose model says what `next` chooses for the tokens that it has read. Its cache holds their numbers, so what is wrong with the cache is
 * wrong with the answer.
 */
export function speaking(next: (tokens: readonly number[]) => number, size = 256) {
  const runs: number[] = [];
  const value = (name: string, type: string, shape: (number | string)[]) =>
    ({ name, isTensor: true, type, shape }) as OnnxSession['inputs'][number];
  const past = value('past_key_values.0.key', 'float32', ['batch', 1, 'past', 1]);
  let onRun = async () => {};
  const open: OpenOnnx = async () => ({
    backend: 'ort-wasm',
    isEnded: false,
    inputs: [value('input_ids', 'int64', ['batch', 'new']), value('position_ids', 'int64', ['batch', 'new']), past],
    outputs: [value('logits', 'float32', ['batch', 'new', size])],
    async run(inputs) {
      await onRun();
      const numbers = (name: string) =>
        inputs.find((input) => input.name === name)?.bytes.slice().buffer ?? new ArrayBuffer(0);
      const before = [...new Float32Array(numbers(past.name))];
      const fresh = [...new BigInt64Array(numbers('input_ids'))].map(Number);
      const positions = [...new BigInt64Array(numbers('position_ids'))].map(Number);
      if (positions.some((position, n) => position !== before.length + n)) throw new Error('Wrong positions.');
      runs.push(fresh.length);
      const tokens = [...before, ...fresh];
      const logits = new Float32Array(fresh.length * size);
      logits[(fresh.length - 1) * size + next(tokens)] = 20;
      const cache = Float32Array.from(tokens);
      return [
        { name: 'logits', type: 'float32', dims: [1, fresh.length, size], bytes: new Uint8Array(logits.buffer) },
        { name: 'present.0.key', type: 'float32', dims: [1, 1, tokens.length, 1], bytes: new Uint8Array(cache.buffer) },
      ] as NamedTensor[];
    },
    release: () => {},
  });
  return { open, runs, onRun: (wait: () => Promise<void>) => (onRun = wait) };
}
