import { expect, test } from 'vitest';
import { answerTokenSchema } from '../../../shared/tasks/dialogue/answer-tokens.ts';
import { dialogue, readScript } from '../../../shared/tasks/dialogue.ts';
import { BrowserSpeaker } from '../../compute/dialogue/browser-speaker.ts';
import { EXCLUSIVE_SLOT } from '../../compute/filter-benchmark.ts';
import { nextMacrotask } from '../../compute/schedule.ts';
import { type LanguageModelClass, openBrowserModel } from './browser-model.ts';

interface Asked {
  initial: unknown;
  prompts: unknown;
  isDestroyed: boolean;
}

/** A browser's model that answers with these parts. */
function browser(parts: string[], availability: Awaited<ReturnType<LanguageModelClass['availability']>> = 'available') {
  const asked: Asked[] = [];
  const found: LanguageModelClass = {
    availability: async () => availability,
    create: async ({ initialPrompts }) => {
      const one: Asked = { initial: initialPrompts, prompts: null, isDestroyed: false };
      asked.push(one);
      return {
        promptStreaming(prompts, { signal }) {
          one.prompts = prompts;
          return new ReadableStream({
            async pull(controller) {
              const part = parts.shift();
              if (signal.aborted) controller.error(new Error('aborted'));
              else if (part === undefined) controller.close();
              else controller.enqueue(part);
            },
          });
        },
        destroy: () => {
          one.isDestroyed = true;
        },
      };
    },
  };
  return { found, asked };
}

async function say(found: LanguageModelClass, more: object = {}, said?: string, signal = new AbortController().signal) {
  const model = await openBrowserModel(found);
  if (!model) throw new Error('There is no model.');
  const { params, attachments } = dialogue.pack({
    ...{ persona: 'You are a guard.', messages: [{ role: 'user', content: 'Hello.' }] },
    ...more,
  });
  const heard: string[] = [];
  const spoken = await new BrowserSpeaker(model).speak({
    params: said ? { ...params, said: { model: 'browser', tokens: [{ text: said, id: null }] } } : params,
    ...{ script: readScript(attachments), owner: 'gamer', signal, onShare: () => {} },
    onToken: ({ text }) => heard.push(text),
    run: async (body) => (await body({ ...EXCLUSIVE_SLOT, leave: (work) => work })).finish(),
  });
  return { heard, ...spoken };
}

test('the browser’s model answers in the role of the persona, word by word', async () => {
  const { found, asked } = browser(['Halt! Who', ' goes there?']);
  const spoken = await say(found);
  expect(spoken).toMatchObject({ text: 'Halt! Who goes there?', tokens: 4, finishReason: 'stop', backend: 'browser' });
  expect(spoken.heard).toEqual(['Halt!', ' Who', ' goes', ' there?']);
  expect(asked[0]).toEqual({
    ...{ initial: [{ role: 'system', content: 'You are a guard.' }], isDestroyed: true },
    prompts: [{ role: 'user', content: 'Hello.' }],
  });
});

test('it names a mood, ends after so many words, and goes on from what was said', async () => {
  const moody = await say(browser(['Halt! [Angry]']).found, { emotions: ['calm', 'angry'] });
  expect(moody).toMatchObject({ text: 'Halt!', emotion: 'angry' });
  expect(await say(browser(['a b c d e']).found, { maxTokens: 2 })).toMatchObject({
    text: 'a b',
    finishReason: 'length',
  });
  expect(await say(browser([' c']).found, { maxTokens: 1 }, 'a b')).toMatchObject({ text: 'a b', heard: [] });
  const { found, asked } = browser([' you shall pass.']);
  const resumed = await say(found, {}, 'Now');
  expect(resumed).toMatchObject({ text: 'Now you shall pass.', heard: [' you', ' shall', ' pass.'] });
  expect(asked[0]?.prompts).toContainEqual({ role: 'assistant', content: 'Now', prefix: true });
});

test('a word that is too long to be sent as one token is sent in pieces, and no character is cut in two', async () => {
  const word = `a${'\u{1f600}'.repeat(1_000)}`;
  const { heard, text } = await say(browser([word]).found);
  expect(text).toBe(word);
  for (const piece of heard) expect(answerTokenSchema.safeParse({ text: piece, id: null }).success).toBe(true);
});

test('a cancelled answer ends, and its session with it', async () => {
  const cancelling = new AbortController();
  const { found, asked } = browser(Array(1_000).fill('word '));
  const saying = say(found, {}, undefined, cancelling.signal);
  cancelling.abort();
  await expect(saying).rejects.toMatchObject({ reason: 'cancelled' });
  expect(asked.every(({ isDestroyed }) => isDestroyed)).toBe(true);
});

test('an answer is cancelled once its mood was named, or when none comes', async () => {
  const more = Array<string>(1_000).fill(' word');
  const named = ['Halt! [', 'Angry', '] And', ' so on', ...more];
  const { found, asked } = browser(named);
  expect(await say(found, { emotions: ['calm', 'angry'] })).toMatchObject({ text: 'Halt!', emotion: 'angry' });
  expect(named.length).toBeGreaterThan(more.length - 20);
  expect(asked[0]?.isDestroyed).toBe(true);
  const unnamed = ['Halt! [', ...more];
  expect(await say(browser(unnamed).found, { emotions: ['calm'] })).toMatchObject({ text: 'Halt!', emotion: 'calm' });
  expect(unnamed.length).toBeGreaterThan(more.length - 20);
});

const HELLO = { persona: '', messages: [{ role: 'user' as const, content: 'Hello.' }], begun: '' };

test('an answer is over when its last words were taken, however long their way is', async () => {
  const model = await openBrowserModel(browser(['Halt!', ' Who', ' goes?']).found);
  let taken = '';
  await model?.answer(1, HELLO, async (text) => {
    await nextMacrotask();
    taken += text;
  });
  expect(taken).toBe('Halt! Who goes?');
});

test('answers beyond those that may be said at a time wait for their turn, and can be cancelled as they wait', async () => {
  const { found, asked } = browser(['one', 'two', 'three', 'four']);
  const model = await openBrowserModel(found);
  let mayEnd = () => {};
  const held = new Promise<void>((resolve) => {
    mayEnd = resolve;
  });
  const answers = [1, 2, 3, 4].map((id) => model?.answer(id, HELLO, () => held));
  await nextMacrotask();
  expect(asked).toHaveLength(2);
  model?.cancel(3);
  await answers[2];
  expect(asked).toHaveLength(2);
  mayEnd();
  await Promise.all(answers);
  expect(asked).toHaveLength(3);
  expect(asked.every(({ isDestroyed }) => isDestroyed)).toBe(true);
});

test('a model that the browser would have to download is not used', async () => {
  expect(await openBrowserModel(browser([], 'downloadable').found)).toBeNull();
  expect(await openBrowserModel(undefined)).toBeNull();
});
