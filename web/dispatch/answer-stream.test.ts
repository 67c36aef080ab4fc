import { afterEach, beforeEach, expect, test } from 'vitest';
import type { MeshError } from '../../shared/errors.ts';
import type { DialogueParams } from '../../shared/tasks/dialogue.ts';
import { deliver, TestPort } from '../net/test-channel.ts';
import { ANSWER_STREAM } from './answer-stream.ts';
import { MemoryBudget } from './memory-budget.ts';
import { RemoteRunner } from './remote-runner.ts';
import { type Executed, TaskServer } from './task-server.ts';
import { TestBench, ticksPass } from './test-bench.ts';

/** An answer that is being said at a volunteer, by the test. */
interface Saying {
  params: DialogueParams;
  signal: AbortSignal;
  say(at: number, texts: string[], ids?: number[]): void;
  load(): void;
  finish(text: string): void;
}

/** A volunteer over a channel. */
interface Volunteer {
  id: string;
  runner: RemoteRunner;
  sayings: Saying[];
  exchange(): Promise<void>;
}

const SENTENCE = ['I ', 'lead', '. Try ', 'to keep', ' up.'];
let bench: TestBench;
let volunteers: Volunteer[];
let heard: string[];

beforeEach(() => {
  bench = new TestBench();
  volunteers = [];
  heard = [];
});

afterEach(() => {
  bench.dispose();
  for (const { runner } of volunteers) runner.dispose();
});

async function join(id: string): Promise<Volunteer> {
  const [near, far] = [new TestPort(), new TestPort()];
  const sayings: Saying[] = [];
  const { clock } = bench;
  const common = { clock, memory: new MemoryBudget(), onBroken: (error: MeshError) => Promise.reject(error) };
  const runner: RemoteRunner = new RemoteRunner({
    ...common,
    ...{ volunteerId: id, port: near, onRoom: () => bench.dispatcher.wake() },
  });
  const server = new TaskServer({
    ...common,
    ...{ port: far, onDone: () => {}, onWork: () => {} },
    execute: (_, { params }, signal, onReport) =>
      new Promise<Executed>((resolve) => {
        sayings.push({
          params: params as DialogueParams,
          signal,
          say: (at, texts, ids) =>
            onReport({
              ...{ stage: 'speaking', model: 'radio', at },
              tokens: texts.map((text, n) => ({ text, id: ids?.[n] ?? at + n })),
            }),
          load: () => onReport({ stage: 'loading', share: 0.5 }),
          finish: (text) =>
            resolve({
              value: { text, tokens: SENTENCE.length, finishReason: 'stop', model: 'radio' },
              ...{ attachments: [], backend: 'ort-wasm', computeMs: 600 },
            }),
        });
      }),
  });
  const backends = { dialogue: { backend: 'ort-wasm', unitsPerMs: 1 } };
  runner.capabilities = { adapter: '', codecs: [], tasks: ['dialogue'], backends };
  server.share = 4;
  const exchange = async () => {
    await ticksPass();
    deliver(near, far);
    await ticksPass();
    deliver(far, near);
    await ticksPass();
  };
  await exchange();
  bench.dispatcher.add(runner);
  const volunteer = { id, runner, sayings, exchange };
  volunteers.push(volunteer);
  return volunteer;
}

async function exchangeAll(): Promise<void> {
  for (const { exchange } of volunteers) await exchange();
}

function ask(more: object = {}, signal?: AbortSignal) {
  const input = { messages: [{ role: 'user', content: 'You are first.' }], maxTokens: 8, ...more };
  const onToken = (token: string) => heard.push(token);
  return bench.registry.submit(
    'dialogue',
    () => input,
    { where: 'volunteers', onToken, signal },
    (value) => value as Record<string, unknown>,
  );
}

/** A volunteer that is there alone, and was asked. */
async function asked(...request: Parameters<typeof ask>) {
  const volunteer = await join('v');
  const answer = ask(...request);
  await volunteer.exchange();
  return { ...volunteer, ...answer };
}

/** The volunteer that is not `bad` says the whole sentence, and that is the answer. */
async function answeredByOther(bad: Volunteer | undefined, result: Promise<Record<string, unknown>>): Promise<void> {
  const good = volunteers.find((one) => one !== bad);
  good?.sayings[0]?.say(0, SENTENCE);
  good?.sayings[0]?.finish(SENTENCE.join(''));
  await exchangeAll();
  expect((await result).text).toBe(SENTENCE.join(''));
  expect(heard).toEqual(SENTENCE);
}

const text = () => heard.join('');
const speaker = () => volunteers.find(({ sayings }) => sayings.some(({ signal }) => !signal.aborted));

test('tokens are heard as they are said, and the answer is what was said', async () => {
  const { sayings, exchange, result } = await asked();
  sayings[0]?.say(0, SENTENCE.slice(0, 2));
  await exchange();
  expect(heard).toEqual(['I ', 'lead']);
  sayings[0]?.say(2, SENTENCE.slice(2));
  sayings[0]?.finish(SENTENCE.join(''));
  await exchange();
  expect(await result).toMatchObject({ text: SENTENCE.join(''), finishReason: 'stop', model: 'radio' });
  expect(text()).toBe(SENTENCE.join(''));
});

test('an answer goes on elsewhere where its volunteer left amid it, without a repeated word', async () => {
  const first = await join('a');
  const { result } = ask({ seed: 7 });
  await exchangeAll();
  first.sayings[0]?.say(0, SENTENCE.slice(0, 3));
  await exchangeAll();
  const second = await join('b');
  bench.dispatcher.remove(first.runner);
  first.runner.dispose();
  await exchangeAll();
  const said = second.sayings[0]?.params.said;
  expect(said).toEqual({ model: 'radio', tokens: SENTENCE.slice(0, 3).map((text, id) => ({ text, id })) });
  second.sayings[0]?.say(3, SENTENCE.slice(3));
  second.sayings[0]?.finish(SENTENCE.join(''));
  await exchangeAll();
  expect((await result).text).toBe(SENTENCE.join(''));
  expect(heard).toEqual(SENTENCE);
});

test.each([
  ['too many tokens', (saying: Saying) => saying.say(0, Array(9).fill('x'))],
  ['tokens too fast', (saying: Saying) => saying.say(0, Array(ANSWER_STREAM.maxBurst + 1).fill('x'))],
  [
    'the same tokens again',
    (saying: Saying) => {
      saying.say(2, ['x']);
      saying.say(2, ['x']);
    },
  ],
  [
    'tokens that leave some out for ever',
    async (saying: Saying) => {
      saying.say(2, ['x']);
      await exchangeAll();
      bench.clock.advance(ANSWER_STREAM.firstTokenMs);
    },
  ],
  ['none at all', () => bench.clock.advance(ANSWER_STREAM.firstTokenMs)],
])('a volunteer that says %s is cut off, and another one answers', async (_, misbehave) => {
  await join('bad');
  const { result } = ask({ maxTokens: _ === 'tokens too fast' ? 1_000 : 8 });
  await exchangeAll();
  const bad = speaker();
  const saying = bad?.sayings[0];
  await join('good');
  if (saying) await misbehave(saying);
  await exchangeAll();
  await exchangeAll();
  expect(saying?.signal.aborted).toBe(true);
  await answeredByOther(bad, result);
  expect(bench.verdicts).toContainEqual([bad?.id, false]);
});

test('parts of an answer that overtake others are heard in their order: the channel is unordered', async () => {
  const { sayings, exchange, result } = await asked();
  sayings[0]?.say(3, SENTENCE.slice(3));
  sayings[0]?.say(1, SENTENCE.slice(1, 3));
  await exchange();
  expect(heard).toEqual([]);
  sayings[0]?.say(0, SENTENCE.slice(0, 1));
  sayings[0]?.finish(SENTENCE.join(''));
  await exchange();
  expect((await result).text).toBe(SENTENCE.join(''));
  expect(heard).toEqual(SENTENCE);
  expect(bench.verdicts).not.toContainEqual(['v', false]);
});

test('what a page that stood still gets at once was said over that time', async () => {
  const { sayings, exchange } = await asked({ maxTokens: 1_000 });
  bench.clock.advance(500);
  sayings[0]?.say(0, Array(ANSWER_STREAM.maxBurst + 500).fill('x'));
  await exchange();
  expect(heard).toHaveLength(ANSWER_STREAM.maxBurst + 500);
  expect(sayings[0]?.signal.aborted).toBe(false);
});

test('nothing is told of a result that is refused, and the next volunteer is heard', async () => {
  await join('bad');
  const { result } = ask({ maxTokens: 8 });
  await exchangeAll();
  const bad = speaker();
  await join('good');
  // More than eight tokens can hold.
  bad?.sayings[0]?.finish('z'.repeat(60_000));
  await exchangeAll();
  await exchangeAll();
  await answeredByOther(bad, result);
});

test('an answer that would be longer than any may be is cut off while others can go on from it', async () => {
  await join('bad');
  const { result } = ask({ maxTokens: 1_000 });
  await exchangeAll();
  const bad = speaker();
  await join('good');
  bad?.sayings[0]?.say(0, Array(70).fill('z'.repeat(100)));
  await exchangeAll();
  await exchangeAll();
  const good = volunteers.find((one) => one !== bad);
  const said = text();
  expect(said.length).toBeGreaterThan(2_000);
  expect(said.length).toBeLessThan(4_000);
  good?.sayings[0]?.say(said.length / 100, SENTENCE);
  good?.sayings[0]?.finish(`${said}${SENTENCE.join('')}`);
  await exchangeAll();
  expect((await result).text).toBe(`${said}${SENTENCE.join('')}`);
  expect(bench.verdicts).not.toContainEqual([good?.id, false]);
});

test('whoever goes on from the longest that eight tokens may say has its answer accepted', async () => {
  await join('bad');
  const { result } = ask({ maxTokens: 8 });
  await exchangeAll();
  const bad = speaker();
  const longest = ['z'.repeat(1_087), ...Array(7).fill('z'.repeat(63))];
  bad?.sayings[0]?.say(0, longest);
  await exchangeAll();
  await join('good');
  bench.clock.advance(ANSWER_STREAM.nextTokenMs);
  await exchangeAll();
  await exchangeAll();
  volunteers.find((one) => one !== bad)?.sayings[0]?.finish(longest.join(''));
  await exchangeAll();
  expect((await result).text).toBe(longest.join(''));
});

test('a volunteer that falls silent amid an answer is cut off, and it is said so in a sentence', async () => {
  const { sayings, exchange, result } = await asked();
  sayings[0]?.say(0, ['I ']);
  await exchange();
  bench.clock.advance(ANSWER_STREAM.nextTokenMs);
  await expect(result).rejects.toThrow(/said nothing for 5 s/);
});

test('a volunteer whose model has to be loaded again amid an answer has time for that once between two tokens', async () => {
  const { sayings, exchange, result } = await asked();
  const [saying] = sayings;
  for (const [at, text] of ['I ', 'left'].entries()) {
    saying?.say(at, [text]);
    await exchange();
    saying?.load();
    await exchange();
    bench.clock.advance(ANSWER_STREAM.firstTokenMs - 1);
    saying?.load();
    await exchange();
    if (at === 0) expect(speaker()).toBeDefined();
  }
  bench.clock.advance(1);
  await expect(result).rejects.toThrow(/said nothing for 10 s/);
});

test('how long an answer takes does not count among the times for which its volunteer may be silent', async () => {
  const { runner, sayings, exchange, result } = await asked();
  bench.clock.advance(600);
  sayings[0]?.finish(SENTENCE.join(''));
  await exchange();
  expect((await result).timing.computeMs).toBe(600);
  expect(runner.serviceP99Ms).toBe(0);
});

test('news of a download keeps a volunteer from counting as silent before its first word', async () => {
  const { runner, sayings, exchange } = await asked();
  for (const _ of [1, 2, 3]) {
    bench.clock.advance(ANSWER_STREAM.firstTokenMs - 1);
    sayings[0]?.load();
    await exchange();
  }
  expect(runner.outstanding).toBe(1);
});

test('whoever cancels an answer gets what was said of it', async () => {
  const cancelling = new AbortController();
  const { sayings, exchange, result } = await asked({}, cancelling.signal);
  sayings[0]?.say(0, SENTENCE.slice(0, 2));
  await exchange();
  cancelling.abort();
  expect(await result).toMatchObject({ text: 'I lead', tokens: 2, finishReason: 'cancelled', model: 'radio' });
  expect((await result).timing).toMatchObject({ ranOn: 'v', attempts: 1 });
  await exchange();
  expect(sayings[0]?.signal.aborted).toBe(true);
  expect(bench.registry.counts).toMatchObject({ completed: 0, cancelled: 1 });
  sayings[0]?.say(2, ['more']);
  await exchange();
  expect(text()).toBe('I lead');
});

test('before the first token a cancelled task fails like any other', async () => {
  const { result, cancel } = await asked();
  cancel();
  await expect(result).rejects.toMatchObject({ reason: 'cancelled' });
});

test('a conversation stays where it was, while that volunteer has room', async () => {
  await join('a');
  await join('b');
  const first = ask({ conversation: 'guard' });
  await exchangeAll();
  const keeper = speaker();
  keeper?.sayings[0]?.finish('Halt.');
  await exchangeAll();
  await first.result;
  // The keeper is busier than the other one.
  ask();
  ask();
  await exchangeAll();
  const before = keeper?.sayings.length ?? 0;
  ask({ conversation: 'guard' });
  await exchangeAll();
  expect(keeper?.sayings.at(before)?.params.conversation).toBe('guard');
});
