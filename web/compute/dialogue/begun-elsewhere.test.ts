import { beforeEach, describe, expect, test } from 'vitest';
import { type AnswerToken, type PartialAnswer, textOf } from '../../../shared/tasks/dialogue/answer-tokens.ts';
import { type DialogueInput, dialogue } from '../../../shared/tasks/dialogue.ts';
import { ManualClock } from '../../../shared/test-manual-clock.ts';
import { LoadedModelCache } from '../infer/loaded-model-cache.ts';
import { summingModel } from '../infer/test-sessions.ts';
import { nextMacrotask, Schedule } from '../schedule.ts';
import { Dialogue } from './dialogue.ts';
import { speaking, tokenizerFile, tokenOf } from './test-language.ts';

const [END, A, B, C] = ['<|im_end|>', 'a', 'b', 'c'].map(tokenOf) as [number, number, number, number];
const FOLDER = 'https://models.example/abc';

/** Models that were asked for. */
let wanted: (string | undefined)[];
let model: ReturnType<typeof speaking>;

beforeEach(() => {
  wanted = [];
  // Says a, b, c and stops, after whatever the last token is.
  model = speaking((tokens) => ({ [A]: B, [B]: C, [C]: END })[tokens.at(-1) ?? 0] ?? A);
});

/** Goes on with an answer that somebody else began, who may have made it all up. */
async function continueFrom(said: PartialAnswer, input: Partial<DialogueInput> = {}, contextTokens = 256) {
  const clock = new ManualClock();
  const schedule = new Schedule({ now: () => clock.now(), after: () => () => {}, yieldToEventLoop: nextMacrotask });
  const speaker = new Dialogue({
    models: new LoadedModelCache({ onnx: { loadOnnx: async () => summingModel() }, runtimes: [model.open] }),
    language: {
      isListed: async (name) => ['abc', 'def'].includes(name),
      loadLanguage: async (name) => {
        wanted.push(name);
        return { name: name ?? 'abc', onnx: ['abc'], tokenizer: tokenizerFile(), contextTokens };
      },
    },
    now: () => clock.now(),
    after: () => () => {},
  });
  const { params, attachments } = dialogue.pack({ messages: [{ role: 'user', content: 'a' }], ...input });
  const { signal } = new AbortController();
  const heard: string[] = [];
  try {
    const { value } = await speaker.speak(
      {
        ...{ packed: { params: { ...params, said }, attachments }, owner: 'gamer', signal },
        onReport: (report) => report.stage === 'speaking' && heard.push(textOf(report.tokens)),
      },
      (body) => schedule.task('gamer', signal, body),
    );
    return { told: textOf(said.tokens) + heard.join(''), ...(value as { text: string; finishReason: string }) };
  } finally {
    speaker.dispose();
  }
}

describe('an answer that was begun elsewhere', () => {
  const begun = (name: string): PartialAnswer => ({ model: name, tokens: [{ text: 'a', id: null }] });

  test.each([
    ['an address', 'https://evil.example/m', undefined],
    ['a folder of the server', 'folder', undefined],
    ['a model that is not lent here', 'browser', undefined],
    ['a model of the list', 'def', 'def'],
  ])('goes on with a model of the list or its own choice, whoever names %s', async (_, name, loaded) => {
    expect((await continueFrom(begun(name))).text).toBe('abc');
    expect(wanted).toEqual([loaded]);
  });

  test('goes on with the address that its task names', async () => {
    expect((await continueFrom(begun('https://evil.example/m'), { model: FOLDER })).text).toBe('abc');
    expect(wanted).toEqual([FOLDER]);
  });

  test.each<[string, PartialAnswer['tokens']]>([
    ['numbers of no token', [{ text: 'a', id: 9_999 }]],
    [
      'numbers of no token, and no text',
      [
        { text: '', id: 9_999 },
        { text: 'a', id: A },
      ],
    ],
    ['a number that stands for another text', [{ text: 'a', id: B }]],
    [
      'the end of a turn',
      [
        { text: '', id: END },
        { text: 'a', id: A },
      ],
    ],
    ['what is no token', [{ text: 'b c a', id: null }]],
    ['a text to stop at', [{ text: 'c c a', id: A }]],
    ['the beginning of a text to stop at', [{ text: 'c', id: A }]],
  ])('goes on from its text where it came with %s', async (_, tokens) => {
    const said = textOf(tokens);
    const { told, text } = await continueFrom({ model: 'abc', tokens }, { stop: ['c c'] });
    expect(text).toBe(said + (said.endsWith('a') ? 'bc' : ''));
    expect(text.startsWith(told)).toBe(true);
  });

  test.each<[string, AnswerToken]>([
    ['numbers', { text: 'a', id: A }],
    ['texts', { text: 'b c b c', id: null }],
  ])('ends at once where its %s leave no room in the context', async (_, token) => {
    const tokens = Array<AnswerToken>(120).fill(token);
    const { text, finishReason } = await continueFrom(
      { model: 'abc', tokens },
      { emotions: ['calm', 'angry'], maxTokens: 1_000 },
      128,
    );
    expect({ text, finishReason }).toEqual({ text: textOf(tokens), finishReason: 'length' });
    expect(model.runs).toEqual([]);
  });

  test('has as many tokens as the context has room for, whatever they are counted as elsewhere', async () => {
    const tokens = [{ text: 'a '.repeat(20), id: null }];
    model = speaking(() => A);
    const { finishReason } = await continueFrom({ model: 'def', tokens }, { maxTokens: 100 }, 64);
    expect(finishReason).toBe('length');
    expect(model.runs.reduce((sum, count) => sum + count, 0)).toBe(64);
  });

  test('that was stopped is not gone on with', async () => {
    const tokens = [
      { text: 'a', id: A },
      { text: '', id: B },
    ];
    expect(await continueFrom({ model: 'abc', tokens }, { stop: ['b'] })).toMatchObject({
      text: 'a',
      finishReason: 'stop',
    });
  });
});
