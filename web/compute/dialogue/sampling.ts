/** Tokens that may be chosen: less likely ones are mostly mistakes (A. Fan et al., Hierarchical Neural Story Generation, 2018). */
const MAX_CANDIDATES = 40;

/**
 * The number of the next token.
 *
 * @param logits - one for each token of the vocabulary.
 * @param temperature - 0: the likeliest.
 * @param draw - 0 <= draw < 1.
 */
export function sampleToken(logits: Float32Array, temperature: number, draw: number): number {
  if (temperature === 0) return likeliest(logits);
  const candidates = largest(logits, MAX_CANDIDATES);
  const top = logits[candidates[0] ?? 0] ?? 0;
  const weights = candidates.map((token) => Math.exp(((logits[token] ?? 0) - top) / temperature));
  let left = draw * weights.reduce((sum, weight) => sum + weight, 0);
  for (const [n, weight] of weights.entries()) {
    left -= weight;
    if (left < 0) return candidates[n] ?? 0;
  }
  return candidates[0] ?? 0;
}

/** A number 0 <= n < 1 for each token of an answer, whoever says it (Mulberry32 by T. Ettinger, public domain, as a hash). */
export function drawOf(seed: number, at: number): number {
  let mixed = (seed + Math.imul(at + 1, 0x6d2b79f5)) | 0;
  mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
  mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
  return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
}

/** The option whose tokens are the likeliest, decided where the options first differ. */
export function chooseNext(logits: Float32Array, options: readonly number[]): number {
  let best = options[0] ?? 0;
  for (const option of options) if ((logits[option] ?? 0) > (logits[best] ?? 0)) best = option;
  return best;
}

function likeliest(logits: Float32Array): number {
  let best = 0;
  for (let token = 1; token < logits.length; token++) if ((logits[token] ?? 0) > (logits[best] ?? 0)) best = token;
  return best;
}

/** Numbers of the largest logits, the largest first; of equal ones the first. */
function largest(logits: Float32Array, count: number): number[] {
  const found: number[] = [];
  for (let token = 0; token < logits.length; token++) {
    const logit = logits[token] ?? 0;
    const last = found.at(-1);
    if (found.length === count && last !== undefined && logit <= (logits[last] ?? 0)) continue;
    let at = found.length;
    while (at > 0 && (logits[found[at - 1] ?? 0] ?? 0) < logit) at--;
    found.splice(at, 0, token);
    if (found.length > count) found.pop();
  }
  return found;
}
