import { isQuick, piecesOf } from './foreign-pattern.ts';
import { brokenTokenizer, type Normalizer, type PreTokenizer, type TokenizerFile } from './tokenizer-file.ts';

/** How GPT-2 cuts a text into words (https://github.com/openai/gpt-2/blob/master/src/encoder.py). */
const GPT2_WORDS = /'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+/gu;

/** How many times as long a text may become before it is cut: NFKC makes up to 18 characters of one. */
const MOST_GROWTH = 32;
/** Added to that for what is put before a text, characters. */
const MOST_ADDED_CHARS = 64;

type Step = (words: string[]) => string[];

/** Cuts texts into words as a model's vocabulary expects it. */
export interface WordCutter {
  /** Throws MeshError `unknown-model` where the file would make a text several times as long. */
  cut(text: string): string[];
  /** Whether its tokens are letters that stand for bytes, as in GPT-2. */
  readonly isByteLevel: boolean;
}

/** Throws MeshError `unknown-model` for a pattern that this browser cannot read, or not in little time. */
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
      if (isSpaces) return;
      const split = splitting(patternOf(step.pattern, model));
      steps.push((words) => split(words.flatMap(piecesOf)));
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
      let changed = text;
      for (const next of change) {
        changed = next(changed);
        if (changed.length > MOST_GROWTH * text.length + MOST_ADDED_CHARS)
          throw brokenTokenizer(model, 'it makes texts several times as long');
      }
      return steps.reduce((words, step) => step(words), changed === '' ? [] : [changed]);
    },
  };
}

function changesOf(normalizer: Normalizer, model: string): ((text: string) => string)[] {
  if (normalizer.type === 'Sequence') return normalizer.normalizers.flatMap((one) => changesOf(one, model));
  if (normalizer.type === 'Prepend') return [(text) => normalizer.prepend + text];
  if (normalizer.type === 'Replace') {
    const pattern = patternOf(normalizer.pattern, model);
    return [
      (text) =>
        piecesOf(text)
          .map((piece) => piece.replace(pattern, () => normalizer.content))
          .join(''),
    ];
  }
  return [(text) => text.normalize(normalizer.type)];
}

function patternOf(pattern: { Regex: string } | { String: string }, model: string): RegExp {
  if (!('Regex' in pattern)) return new RegExp(escaped(pattern.String), 'gu');
  if (!isQuick(pattern.Regex)) throw brokenTokenizer(model, 'its pattern of words may take for ever');
  try {
    return new RegExp(pattern.Regex, 'gu');
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
