/**
 * How exporters name an output that is the next call's input. A pattern matches the output's name; the input has the name that comes of it.
 * Hugging Face's caches: `present.0.key` and `past_key_values.0.key`. Silero's voice detectors: `stateN` and `state`, `hn` and `h`.
 */
const CONVENTIONS: readonly [RegExp, string][] = [
  [/^present(?=[._]|$)/, 'past_key_values'],
  [/^present(?=[._]|$)/, 'past'],
  [/^(?:new|next|updated)_/, ''],
  [/^(?:output|out)_/, 'input_'],
  [/^(?:output|out)_/, 'in_'],
  [/^(?:output|out)_/, ''],
  [/_(?:out|output|next|new|n)$/, ''],
  [/_(?:out|output|next|new)$/, '_in'],
  [/_(?:out|output|next|new)$/, '_input'],
  [/(?:N|n|Out|Next)$/, ''],
];

/** The input that an output goes on from, by the usual names; undefined where there is none. */
export function stateInputOf(output: string, inputs: readonly string[]): string | undefined {
  for (const [pattern, replacement] of CONVENTIONS) {
    if (!pattern.test(output)) continue;
    const input = output.replace(pattern, replacement);
    if (input !== output && inputs.includes(input)) return input;
  }
  return undefined;
}
