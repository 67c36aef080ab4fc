import { beforeEach, describe, expect, test } from 'vitest';
import { ManualClock } from '../../../shared/manual-clock.ts';
import { type Said, textOf } from '../../../shared/tasks/dialogue/said.ts';
import { type DialogueInput, dialogue } from '../../../shared/tasks/dialogue.ts';
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
async function goOn(said: Said, input: Partial<DialogueInput> = {}, contextTokens = 256) {
  const clock = new ManualClock();
  const schedule = new Schedule({ now: () => clock.now(), after: () => () => {}, yieldToEventLoop: nextMacrotask });
  const speaker = new Dialogue({
    onnx: { loadOnnx: async () => summingModel() },
    language: {
      isListed: async (name) => ['abc', 'def'].includes(name),
      loadLanguage: async (name) => {
        wanted.push(name);
        return { name: name ?? 'abc', onnx: ['abc'], tokenizer: tokenizerFile(), contextTokens };
      },
    },
    ...{ runtimes: [model.open], now: () => clock.now(), after: () => () => {} },
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
  const begun = (name: string): Said => ({ model: name, tokens: [{ text: 'a', id: null }] });

  test.each([
    ['an address', 'https://evil.example/m', undefined],
    ['a folder of the server', 'folder', undefined],
    ['a model that is not lent here', 'browser', undefined],
    ['a model of the list', 'def', 'def'],
  ])('goes on with a model of the list or its own choice, whoever names %s', async (_, name, loaded) => {
    expect((await goOn(begun(name))).text).toBe('abc');
    expect(wanted).toEqual([loaded]);
  });

  test('goes on with the address that its task names', async () => {
    expect((await goOn(begun('https://evil.example/m'), { model: FOLDER })).text).toBe('abc');
    expect(wanted).toEqual([FOLDER]);
  });
});
