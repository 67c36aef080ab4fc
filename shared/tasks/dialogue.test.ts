import { expect, test } from 'vitest';
import { MeshError } from '../errors.ts';
import { checkArrivedResult, checkArrivedTask, definitionOf } from './catalogue.ts';
import { DIALOGUE, type DialogueInput, dialogue, readScript } from './dialogue.ts';

const messages: DialogueInput['messages'] = [{ role: 'user', content: 'Who goes there?' }];
const value = { text: 'A friend.', tokens: 3, finishReason: 'stop', model: 'radio' };

function errorOf(action: () => unknown): MeshError {
  try {
    action();
  } catch (cause) {
    return MeshError.from(cause);
  }
  throw new Error('It did not throw.');
}

test('a task arrives as it was submitted, with what it did not set', () => {
  const packed = dialogue.pack({ persona: 'You are a guard.', messages, emotions: ['calm', 'calm', 'angry'] });
  const arrived = checkArrivedTask('dialogue', packed);
  expect(readScript(arrived.attachments)).toEqual({ persona: 'You are a guard.', messages });
  expect(arrived.params).toEqual({
    ...{ maxTokens: DIALOGUE.defaultTokens, temperature: DIALOGUE.defaultTemperature, seed: 0, stop: [] },
    emotions: ['calm', 'angry'],
  });
});

test('a prompt of a megabyte is refused with a sentence, before it is read', () => {
  for (const input of [
    { persona: 'x'.repeat(1 << 20), messages },
    { messages: [{ role: 'user' as const, content: 'ü'.repeat(40_000) }] },
  ]) {
    const error = errorOf(() => dialogue.pack(input));
    expect(error.reason).toBe('too-large');
    expect(error.message).toContain('Leave out the oldest messages');
  }
});

test('a prompt of a megabyte that arrives all the same is malformed, and is not parsed', () => {
  const { params } = dialogue.pack({ messages });
  const script = new TextEncoder().encode(JSON.stringify({ persona: 'x'.repeat(1 << 20), messages }));
  expect(errorOf(() => checkArrivedTask('dialogue', { params, attachments: [script] })).reason).toBe('malformed');
});

test.each([
  ['no messages', { messages: [] }, 'messages is'],
  ['too many messages', { messages: Array(300).fill(messages[0]) }, 'messages is'],
  ['an unknown role', { messages: [{ role: 'root', content: '' }] }, 'messages[0].role is'],
  ['too many tokens', { messages, maxTokens: 5_000 }, 'maxTokens is'],
  ['an endless stop', { messages, stop: ['x'.repeat(100)] }, 'stop[0] is'],
  ['an emotion that is none', { messages, emotions: ['<b>'] }, 'emotions[0] is'],
  ['a model outside the list', { messages, model: '../secrets' }, 'model is'],
  ['a temperature above 2', { messages, temperature: 3 }, 'temperature is'],
])('%s is refused with the name of the wrong member', (_, input, name) => {
  const error = errorOf(() => dialogue.pack(input as DialogueInput));
  expect(error.reason).toBe('bad-input');
  expect(error.message).toContain(name);
});

test('messages in another form are malformed, whoever sent them', () => {
  const { params } = dialogue.pack({ messages });
  const encode = (text: string) => [new TextEncoder().encode(text)];
  for (const attachments of [[], encode('{'), encode('{"persona":"","messages":[]}'), [new Uint8Array([0xff])]])
    expect(errorOf(() => checkArrivedTask('dialogue', { params, attachments })).reason).toBe('malformed');
});

test('an answer that is none to its task is refused', () => {
  const packed = dialogue.pack({ messages, maxTokens: 4, emotions: ['calm'] });
  const definition = definitionOf('dialogue');
  const unpack = (more: object) =>
    checkArrivedResult(definition, packed, { value: { ...value, ...more }, attachments: [] });
  expect(unpack({ emotion: 'calm' })).toEqual({ ...value, emotion: 'calm' });
  for (const wrong of [
    { emotion: 'angry' },
    { tokens: 5 },
    { text: 'z'.repeat(5_000) },
    { finishReason: 'cancelled' },
    { more: 1 },
  ])
    expect(errorOf(() => unpack(wrong)).reason).toBe('malformed');
});

test('a task goes on from what was said, and no further than it asks', () => {
  const packed = dialogue.pack({ messages, maxTokens: 2 });
  const { attachments } = packed;
  const continued = (count: number) =>
    dialogue.tokenStreaming?.continueFrom(packed.params, {
      model: 'radio',
      tokens: Array(count).fill({ text: 'A', id: 7 }),
    });
  expect(checkArrivedTask('dialogue', { params: continued(1), attachments }).params).toEqual(continued(1));
  expect(errorOf(() => checkArrivedTask('dialogue', { params: continued(3), attachments })).reason).toBe('malformed');
});

test('a task that names an emotion twice, or goes on from more than an answer may be, is malformed', () => {
  const { params, attachments } = dialogue.pack({ messages, maxTokens: 1_000, emotions: ['calm', 'angry'] });
  const said = { model: 'radio', tokens: Array(70).fill({ text: 'z'.repeat(1_000), id: 7 }) };
  for (const wrong of [{ emotions: ['calm', 'calm'] }, { said }]) {
    const arrived = { params: { ...params, ...wrong }, attachments };
    expect(errorOf(() => checkArrivedTask('dialogue', arrived)).reason).toBe('malformed');
  }
});
