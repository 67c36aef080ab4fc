import { afterEach, expect, test, vi } from 'vitest';
import { MeshError } from '../../../shared/errors.ts';
import type { ReportListener } from '../../../shared/tasks/definition.ts';
import type { AnswerToken } from '../../../shared/tasks/dialogue/answer-tokens.ts';
import { type DialogueInput, type DialogueParams, dialogue } from '../../../shared/tasks/dialogue.ts';
import { ManualClock } from '../../../shared/test-manual-clock.ts';
import { LoadedModelCache } from '../infer/loaded-model-cache.ts';
import { summingModel } from '../infer/test-sessions.ts';
import { nextMacrotask, Schedule } from '../schedule.ts';
import { Dialogue } from './dialogue.ts';
import { NEWS_INTERVAL_MS } from './onnx-speaker.ts';
import { speaking, tokenizerFile, tokenOf } from './test-language.ts';
import { Tokenizer } from './tokenizer/tokenizer.ts';

const clock = new ManualClock();
const [END, A, B, C] = ['<|im_end|>', 'a', 'b', 'c'].map(tokenOf) as [number, number, number, number];
const made: Dialogue[] = [];

afterEach(() => {
  for (const one of made.splice(0)) one.dispose();
  vi.restoreAllMocks();
});

/** A model that says a, b, c and stops. What it says depends on the last token alone. */
const alphabet = () => speaking((tokens) => ({ [A]: B, [B]: C, [C]: END })[tokens.at(-1) ?? 0] ?? A);

function open(runtime: ReturnType<typeof speaking>, tokenizer: Uint8Array = tokenizerFile(), contextTokens = 256) {
  const schedule = new Schedule({ now: () => clock.now(), after: () => () => {}, yieldToEventLoop: nextMacrotask });
  const speaker = new Dialogue({
    models: new LoadedModelCache({ onnx: { loadOnnx: async () => summingModel() }, runtimes: [runtime.open] }),
    language: {
      isListed: async (name) => name === 'abc',
      loadLanguage: async () => ({ name: 'abc', onnx: ['abc'], tokenizer, contextTokens }),
    },
    now: () => clock.now(),
    after: (delayMs, callback) => clock.after(delayMs, callback),
  });
  made.push(speaker);
  return async (
    input: Partial<DialogueInput>,
    more: { said?: AnswerToken[]; signal?: AbortSignal; owner?: string; onReport?: ReportListener } = {},
  ) => {
    const { params, attachments } = dialogue.pack({ messages: [{ role: 'user', content: 'a' }], ...input });
    const { said, signal = new AbortController().signal, owner = 'gamer', onReport } = more;
    const resumed: DialogueParams = said ? { ...params, said: { model: 'abc', tokens: said } } : params;
    const heard: [number, string][] = [];
    const executed = await speaker.speak(
      {
        ...{ packed: { params: resumed, attachments }, owner, signal },
        onReport: (report) => {
          onReport?.(report);
          if (report.stage === 'speaking') heard.push([report.at, report.tokens[0]?.text ?? '']);
        },
      },
      (body) => schedule.task(owner, signal, body),
    );
    return {
      heard,
      ...(executed.value as { text: string; emotion?: string; tokens: number; finishReason: string; model: string }),
    };
  };
}

test('an answer is told token by token, and ends where the model ends it', async () => {
  const say = open(alphabet());
  const answer = await say({});
  expect(answer).toMatchObject({ text: 'abc', tokens: 3, finishReason: 'stop', model: 'abc' });
  expect(answer.heard).toEqual([
    [0, 'a'],
    [1, 'b'],
    [2, 'c'],
  ]);
});

test('an answer ends after so many tokens, and before a text to stop at', async () => {
  const say = open(alphabet());
  expect(await say({ maxTokens: 2 })).toMatchObject({ text: 'ab', finishReason: 'length' });
  expect(await say({ stop: ['bc'] })).toMatchObject({ text: 'a', finishReason: 'stop' });
});

test('an answer that was begun elsewhere goes on, and what was said is not told again', async () => {
  const say = open(alphabet());
  const answer = await say({}, { said: [{ text: 'a', id: A }] });
  expect(answer).toMatchObject({ text: 'abc', tokens: 3 });
  expect(answer.heard).toEqual([
    [1, 'b'],
    [2, 'c'],
  ]);
});

test('an answer that another model began is read as text', async () => {
  const say = open(alphabet());
  expect((await say({}, { said: [{ text: 'a', id: null }] })).text).toBe('abc');
});

test('the next turn of a conversation reads only what is new, and nobody else profits', async () => {
  const model = alphabet();
  const say = open(model);
  const first = { role: 'user' as const, content: 'a' };
  await say({ messages: [first] });
  const next = {
    messages: [first, { role: 'assistant' as const, content: 'abc' }, { role: 'user' as const, content: 'b' }],
  };
  const firstPrompt = model.runs[0] ?? 0;
  model.runs.length = 0;
  expect((await say(next)).text).toBe('abc');
  const prompt = model.runs[0] ?? 0;
  expect(prompt).toBeLessThan(firstPrompt + 6);
  model.runs.length = 0;
  expect((await say(next, { owner: 'another' })).text).toBe('abc');
  expect(model.runs[0]).toBeGreaterThan(prompt + 5);
});

test('an answer names the likeliest of the emotions, whatever else the model would say', async () => {
  const angry = tokenOf('angry');
  const model = speaking((tokens) => (tokens.at(-1) === tokenOf(' [') ? angry : tokens.at(-1) === A ? END : A));
  const answer = await open(model)({ emotions: ['calm', 'angry'], messages: [{ role: 'user', content: 'b' }] });
  expect(answer).toMatchObject({ text: 'a', emotion: 'angry', finishReason: 'stop' });
});

test('rules speak where a model gets no memory, but not amid its answer', async () => {
  const model = alphabet();
  const fail = async () => {
    throw new MeshError('too-large', 'The memory did not suffice.');
  };
  model.onRun(fail);
  expect(await open(model)({})).toMatchObject({ model: 'rules' });
  const heard: string[] = [];
  const onReport: ReportListener = ({ stage }) => {
    heard.push(stage);
    if (stage === 'speaking') model.onRun(fail);
  };
  model.onRun(async () => {});
  await expect(open(model)({}, { onReport })).rejects.toMatchObject({ reason: 'too-large' });
  expect(heard).toContain('speaking');
});

test('emotions that the model cannot tell apart end the answer too', async () => {
  const file = { ...JSON.parse(new TextDecoder().decode(tokenizerFile())), normalizer: { type: 'NFKC' } };
  const say = open(alphabet(), new TextEncoder().encode(JSON.stringify(file)));
  expect(await say({ emotions: ['fi', '\ufb01'] })).toMatchObject({ text: 'abc', emotion: 'fi' });
});

test('a machine that takes long to get a model ready says so all the time, and no longer than that', async () => {
  const model = alphabet();
  let finish = () => {};
  const opened = new Promise<void>((resolve) => {
    finish = resolve;
  });
  const slow: typeof model = { ...model, open: (...given) => opened.then(() => model.open(...given)) };
  const news: string[] = [];
  const saying = open(slow)({}, { onReport: ({ stage }) => news.push(stage) });
  await nextMacrotask();
  clock.advance(5 * NEWS_INTERVAL_MS);
  expect(news).toEqual(Array(5).fill('loading'));
  finish();
  await saying;
  const count = news.length;
  clock.advance(5 * NEWS_INTERVAL_MS);
  expect([news.length, news.includes('speaking')]).toEqual([count, true]);
});

test('an answer can be cancelled at any token', async () => {
  const model = speaking(() => A);
  const say = open(model);
  const cancelling = new AbortController();
  model.onRun(async () => {
    if (model.runs.length === 5) cancelling.abort();
  });
  await expect(say({}, { signal: cancelling.signal })).rejects.toMatchObject({ reason: 'cancelled' });
  await nextMacrotask();
  expect(model.runs.length).toBeLessThan(8);
});

test('where the context has no room for all messages the oldest are left out, and not the last', async () => {
  const model = alphabet();
  const say = open(model, tokenizerFile(), 48);
  const many = Array.from({ length: 20 }, () => ({ role: 'user' as const, content: 'c' }));
  expect((await say({ messages: [...many, { role: 'user', content: 'b' }] })).text).toBe('abc');
  expect(model.runs[0]).toBeLessThan(36);
  const error = await say({ persona: 'a '.repeat(40) }).catch(MeshError.from);
  expect(error).toMatchObject({ reason: 'bad-input' });
  expect((error as MeshError).message).toContain('Shorten them');
});

test('a message that cannot fit is not cut into tokens, which would take longer than any answer', async () => {
  const encode = vi.spyOn(Tokenizer.prototype, 'encode');
  const say = open(alphabet(), tokenizerFile(), 48);
  const long = { role: 'user', content: 'c'.repeat(60_000) } as const;
  expect((await say({ messages: [long, { role: 'user', content: 'b' }] })).text).toBe('abc');
  await expect(say({ messages: [long] })).rejects.toMatchObject({ reason: 'bad-input' });
  await expect(say({ persona: long.content })).rejects.toMatchObject({ reason: 'bad-input' });
  expect(encode).not.toHaveBeenCalledWith(expect.stringContaining(long.content));
});

test('who asks for the secrets of others gets none: a model reads its own task and nothing else', async () => {
  const read: (readonly number[])[] = [];
  const say = open(
    speaking((tokens) => {
      read.push(tokens);
      return END;
    }),
  );
  await say({ persona: 'c c c', messages: [{ role: 'user', content: 'b' }] }, { owner: 'one who has a secret' });
  expect(read.at(-1)).toContain(C);
  await say({ persona: 'a', messages: [{ role: 'user', content: 'b' }] }, { owner: 'one who asks for it' });
  expect(read.at(-1)).not.toContain(C);
});

test.each([
  ['no JSON', new TextEncoder().encode('{'), 'it is no JSON'],
  ['another kind', new TextEncoder().encode('{"added_tokens":[],"model":{"type":"WordPiece"}}'), "'model.type'"],
  ['without turns', tokenizerFile(['<s>', '</s>', ...['a', 'b']]), 'tuned for chat'],
])(
  'a tokenizer that is broken (%s) is refused with a sentence where its model was asked for',
  async (_, tokenizer, words) => {
    const say = open(alphabet(), tokenizer);
    const error = await say({ model: 'abc' }).catch(MeshError.from);
    expect(error).toMatchObject({ reason: 'unknown-model' });
    expect((error as MeshError).message).toContain(words);
    // Otherwise rules speak.
    expect(await say({})).toMatchObject({ model: 'rules', finishReason: 'stop' });
  },
);

test('a model that is none of language is refused with a sentence', async () => {
  const model = speaking(() => A);
  const odd: typeof model = {
    ...model,
    open: async (...given) => {
      const session = await model.open(...given);
      return { ...session, inputs: session.inputs.slice(0, 2) };
    },
  };
  const error = await open(odd)({ model: 'abc' }).catch(MeshError.from);
  expect((error as MeshError).message).toContain('no language model');
});

test('the browser’s own model speaks only where its owner lends it', async () => {
  const error = await open(alphabet())({ model: 'browser' }).catch(MeshError.from);
  expect((error as MeshError).message).toContain('does not lend it');
});

test('rules answer the same request with the same line, and another seed with another', async () => {
  const say = open(alphabet());
  const lineOf = async (seed: number) =>
    (await say({ model: 'rules', seed, messages: [{ role: 'user', content: 'Juno overtook you.' }] })).text;
  expect(await lineOf(1)).toBe(await lineOf(1));
  expect(new Set(await Promise.all([1, 2, 3, 4, 5, 6].map(lineOf))).size).toBeGreaterThan(1);
});
