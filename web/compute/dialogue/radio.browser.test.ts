import { afterAll, beforeAll, expect, test } from 'vitest';
import { systemClock } from '../../../shared/clock.ts';
import { type DialogueInput, dialogue } from '../../../shared/tasks/dialogue.ts';
import { infer } from '../../../shared/tasks/infer.ts';
import { Engine } from '../engine.ts';
import type { LanguageSource } from '../models/model-source.ts';
import { fixedSpeeds } from '../test-gpu.ts';
import { repositoryModels } from '../test-models.ts';
import vectors from './test-vectors/radio.json' with { type: 'json' };
import { Tokenizer } from './tokenizer/tokenizer.ts';

// Our own model, as volunteers run it, against its training script.

const language: LanguageSource = {
  isListed: async (name: string) => name === 'radio',
  loadLanguage: async () => {
    const response = await fetch('/web/public/models/radio.tokenizer.json');
    return {
      name: 'radio',
      onnx: ['radio'],
      tokenizer: new Uint8Array(await response.arrayBuffer()),
      contextTokens: 256,
    };
  },
};
let engine: Engine;
/** Names of models that were fetched. */
const fetched: string[] = [];

beforeAll(async () => {
  const measuredSpeeds = await fixedSpeeds(undefined, null);
  engine = await Engine.create({
    ...{ gpu: undefined, now: systemClock.now, measuredSpeeds },
    onnx: {
      loadOnnx: (name, ...rest) => {
        fetched.push(name);
        return repositoryModels.loadOnnx(name, ...rest);
      },
    },
    language,
  });
});

afterAll(() => engine.dispose());

async function say(input: DialogueInput, said?: { text: string; id: number | null }[]) {
  const { params, attachments } = dialogue.pack(input);
  const heard: { text: string; id: number | null }[] = [];
  const task = { params: said ? { ...params, said: { model: 'radio', tokens: said } } : params, attachments };
  const executed = await engine.execute('dialogue', task, {
    ...{ owner: 'test', signal: new AbortController().signal },
    onProgress: (report) => {
      if (report.stage === 'speaking') heard.push(...report.tokens);
    },
  });
  return { heard, ...dialogue.unpackResult({ params, attachments }, executed) };
}

const scripts = vectors.answers.map(({ messages, answer }) => {
  const [persona = '', content = ''] = messages.map(([, text]) => text ?? '');
  return { persona, content, answer };
});

test('texts become the tokens that the model learned', async () => {
  const { tokenizer } = await language.loadLanguage('radio', () => {}, new AbortController().signal);
  const ours = new Tokenizer(tokenizer, 'radio');
  for (const { text, ids } of vectors.tokens) {
    expect(ours.encode(text)).toEqual(ids);
    const bytes = ids.flatMap((id) => [...ours.bytesOf(id)]);
    expect(new TextDecoder().decode(Uint8Array.from(bytes))).toBe(text);
  }
});

test.each(scripts)(
  'to "$content" the model answers as its training script says',
  async ({ persona, content, answer }) => {
    const spoken = await say({ persona, messages: [{ role: 'user', content }], temperature: 0 });
    expect(spoken).toMatchObject({ text: answer, finishReason: 'stop', model: 'radio' });
  },
);

test('wherever an answer is interrupted, it goes on to the same end', async () => {
  const input: DialogueInput = {
    ...{ persona: 'You are Vex, a hot-headed racer. You talk on the radio.', seed: 5, temperature: 1 },
    ...{ messages: [{ role: 'user', content: 'Juno overtook you.' }], emotions: ['angry', 'calm', 'proud'] },
  };
  const { heard, ...whole } = await say(input);
  expect(['angry', 'calm', 'proud']).toContain(whole.emotion);
  for (const at of [1, Math.floor(heard.length / 2), heard.length - 1]) {
    const { heard: rest, ...answer } = await say(input, heard.slice(0, at));
    expect(answer).toEqual(whole);
    expect(rest).toEqual(heard.slice(at));
  }
});

test('a model is in memory once, whatever types of tasks name it, and counts once', async () => {
  const options = { owner: 'test', signal: new AbortController().signal };
  await say({ messages: [{ role: 'user', content: 'Hello.' }], maxTokens: 1 });
  // What the model wants is known once it is loaded.
  const inference = engine.execute('infer', infer.pack({ model: 'radio', inputs: {} }), options);
  await expect(inference).rejects.toMatchObject({ reason: 'bad-input' });
  expect(fetched).toEqual(['radio']);
});
