import { brokenTokenizer, type Normalizer, type PreTokenizer, type TokenizerFile } from './tokenizer-file.ts';

/** How GPT-2 cuts a text into words (https://github.com/openai/gpt-2/blob/master/src/encoder.py). */
const GPT2_WORDS = /'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+/gu;

type Step = (words: string[]) => string[];

/** Cuts texts into words as a model's vocabulary expects it. */
export interface WordCutter {
  cut(text: string): string[];
  /** Whether its tokens are letters that stand for bytes, as in GPT-2. */
  readonly isByteLevel: boolean;
}

/** Throws MeshError `unknown-model` for a pattern that this browser cannot read. */
export function wordCutterOf({ normalizer, pre_tokenizer: preTokenizer }: TokenizerFile, model: string): WordCutter {
  const steps: Step[] = [];
  const change = normalizer ? changesOf(normalizer, model) : [];
  let isByteLevel = false;
  const add = (step: PreTokenizer): void => {
    if (step.type === 'Sequence') {
      for (const one of step.pretokenizers) add(one);
    } else if (step.type === 'Digits') steps.push(splitting(step.individual_digits ? /\p{N}/gu : /\p{N}+/gu));
    else if (step.type === 'Split') {
      // A pattern of words leaves nothing between them, so keeping and dropping what is between is the same.
      const isSpaces = step.behavior === 'MergedWithPrevious';
      if (!isSpaces) steps.push(splitting(patternOf(step.pattern, model)));
    } else {
      isByteLevel = true;
      if (step.add_prefix_space) steps.push(([first = '', ...others]) => [first.replace(/^(?! )/, ' '), ...others]);
      if (step.use_regex ?? true) steps.push(splitting(GPT2_WORDS));
    }
  };
  if (preTokenizer) add(preTokenizer);
  return {
    isByteLevel,
    cut: (text) => {
      const changed = change.reduce((before, next) => next(before), text);
      return steps.reduce((words, step) => step(words), changed === '' ? [] : [changed]);
    },
  };
}

function changesOf(normalizer: Normalizer, model: string): ((text: string) => string)[] {
  if (normalizer.type === 'Sequence') return normalizer.normalizers.flatMap((one) => changesOf(one, model));
  if (normalizer.type === 'Prepend') return [(text) => normalizer.prepend + text];
  if (normalizer.type === 'Replace') {
    const pattern = patternOf(normalizer.pattern, model);
    return [(text) => text.replace(pattern, () => normalizer.content)];
  }
  return [(text) => text.normalize(normalizer.type)];
}

function patternOf(pattern: { Regex: string } | { String: string }, model: string): RegExp {
  try {
    return 'Regex' in pattern ? new RegExp(pattern.Regex, 'gu') : new RegExp(escaped(pattern.String), 'gu');
  } catch {
    throw brokenTokenizer(model, 'this browser cannot read its pattern of words');
  }
}

function escaped(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');
}

/** Cuts each word at what matches; the matches are words too. */
function splitting(pattern: RegExp): Step {
  return (words) =>
    words.flatMap((word) => {
      const parts: string[] = [];
      let end = 0;
      for (const { 0: match, index } of word.matchAll(pattern)) {
        if (index > end) parts.push(word.slice(end, index));
        if (match) parts.push(match);
        end = index + match.length;
      }
      return end < word.length ? [...parts, word.slice(end)] : parts;
    });
}
