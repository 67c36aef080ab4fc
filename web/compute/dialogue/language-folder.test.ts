import { expect, test } from 'vitest';
import { dialogue } from '../../../shared/tasks/dialogue.ts';
import { ManualClock } from '../../../shared/test-manual-clock.ts';
import { LoadedModelCache } from '../infer/loaded-model-cache.ts';
import { summingModel } from '../infer/test-sessions.ts';
import { TestModelServer } from '../models/test-model-server.ts';
import { nextMacrotask, Schedule } from '../schedule.ts';
import { Dialogue } from './dialogue.ts';
import { speaking, tokenizerFile, tokenOf } from './test-language.ts';

const FOLDER = 'https://models.example/abc';
const clock = new ManualClock();

/** Asks a model in a folder of another server, which gives these answers and has nothing else. Returns what was fetched, too. */
async function ask(answers: Record<string, () => Response>) {
  const fetched: string[] = [];
  const store = new TestModelServer().store({
    fetch: async (input) => {
      const path = String(input).slice(FOLDER.length + 1);
      fetched.push(path);
      if (path === 'tokenizer.json') return new Response(tokenizerFile());
      return answers[path]?.() ?? new Response('', { status: 404 });
    },
  });
  store.acceptModelsFrom = [new URL(FOLDER).origin];
  const schedule = new Schedule({ now: () => clock.now(), after: () => () => {}, yieldToEventLoop: nextMacrotask });
  const speaker = new Dialogue({
    models: new LoadedModelCache({ onnx: store, runtimes: [speaking(() => tokenOf('<|im_end|>')).open] }),
    ...{ language: store, now: () => clock.now(), after: () => () => {} },
  });
  const packed = dialogue.pack({ messages: [{ role: 'user', content: 'a' }], model: FOLDER });
  const { signal } = new AbortController();
  try {
    const speaks = speaker.speak({ packed, owner: 'gamer', signal }, (body) => schedule.task('gamer', signal, body));
    const { model } = (await speaks).value as { model: string };
    return { model, fetched: fetched.filter((path) => path.endsWith('.onnx')) };
  } catch (error) {
    return { error, fetched: fetched.filter((path) => path.endsWith('.onnx')) };
  } finally {
    speaker.dispose();
  }
}

const model = () => new Response(summingModel());
const refused = (status: number) => () => new Response('', { status });
const FIRST = 'onnx/model_quantized.onnx';
const SECOND = 'onnx/model_q4.onnx';
const THIRD = 'onnx/model.onnx';
const LAST = 'model.onnx';

test('of the files of a folder the first that exists is used', async () => {
  expect(await ask({ [FIRST]: model, [LAST]: model })).toEqual({ model: FOLDER, fetched: [FIRST] });
  expect(await ask({ [SECOND]: refused(410), [THIRD]: model })).toEqual({
    model: FOLDER,
    fetched: [FIRST, SECOND, THIRD],
  });
});

test('a file that only cannot be had now is not taken for one that does not exist', async () => {
  const { error, fetched } = await ask({ [FIRST]: refused(503), [LAST]: model });
  expect(error).toMatchObject({ reason: 'unknown-model', message: expect.stringContaining('503') });
  expect(fetched).toEqual([FIRST]);
});

test('a folder without a model is refused with a sentence', async () => {
  const { error, fetched } = await ask({});
  expect(error).toMatchObject({ reason: 'unknown-model', message: expect.stringContaining('has no such model') });
  expect(fetched).toHaveLength(4);
});
