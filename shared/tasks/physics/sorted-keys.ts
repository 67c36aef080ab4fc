import type { Steps } from '../definition.ts';

/** Keys that are sorted at once, and keys that are looked at between two yields: half a millisecond each. */
const SORTED_AT_ONCE = 8 * 1024;
const KEYS_PER_STEP = 64 * 1024;
/** Three digits make 32 bits. */
const DIGIT_BITS = 11;
const DIGITS = 2 ** DIGIT_BITS;

/** The keys in ascending order, in this array or another one. Many are sorted digit by digit (least significant first), so that it can pause. */
export function* sortedKeys(keys: Uint32Array<ArrayBuffer>): Steps<Uint32Array<ArrayBuffer>> {
  if (keys.length <= SORTED_AT_ONCE) return keys.sort();
  let from = keys;
  let to = new Uint32Array(keys.length);
  for (let shift = 0; shift < 32; shift += DIGIT_BITS) {
    const starts = new Uint32Array(DIGITS + 1);
    const digitOf = (key: number) => (key >>> shift) & (DIGITS - 1);
    for (let i = 0; i < from.length; i++) {
      const next = digitOf(from[i] ?? 0) + 1;
      starts[next] = (starts[next] ?? 0) + 1;
      if (i % KEYS_PER_STEP === 0) yield;
    }
    for (let digit = 0; digit < DIGITS; digit++) starts[digit + 1] = (starts[digit + 1] ?? 0) + (starts[digit] ?? 0);
    for (let i = 0; i < from.length; i++) {
      const key = from[i] ?? 0;
      const digit = digitOf(key);
      const at = starts[digit] ?? 0;
      to[at] = key;
      starts[digit] = at + 1;
      if (i % KEYS_PER_STEP === 0) yield;
    }
    [from, to] = [to, from];
  }
  return from;
}
