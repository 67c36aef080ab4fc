import { beforeEach, expect, test } from 'vitest';
import { ManualClock } from '../../shared/test-manual-clock.ts';
import { RADIO, Radio, type RadioClient } from './radio.ts';
import { RIVALS, withRightNames, wordsOf } from './radio-lines.ts';
import { Craft } from './simulation/craft.ts';
import { type RaceEvent, RaceEvents } from './simulation/race-events.ts';

const OVERTAKEN: RaceEvent = { kind: 'overtaken', rival: 2, other: -1, place: 3 };
const HIT: RaceEvent = { kind: 'hit', rival: 1, other: null, place: 2 };

interface Asked {
  input: { persona?: string; messages: { content: string }[]; conversation?: string };
  options: { where?: string; signal?: AbortSignal; onToken?: (token: string) => void };
  resolve(value: unknown): void;
}

let clock: ManualClock;
let asked: Asked[];
let radio: Radio;

beforeEach(() => {
  clock = new ManualClock(10_000);
  asked = [];
  radio = new Radio(clock, () => 0);
  const submitTask = (_: string, input: Asked['input'], options: Asked['options']) => {
    const result = new Promise((resolve, reject) => {
      asked.push({ input, options, resolve });
      options.signal?.addEventListener('abort', () => reject(new Error('cancelled')));
    });
    return { result };
  };
  radio.useClient({ submitTask } as unknown as RadioClient);
});

const settled = () => new Promise((resolve) => setImmediate(resolve));
const answer = (text: string) => ({ text, emotion: 'angry', finishReason: 'stop', timing: { ranOn: 'v' } });

test('a rival says on the radio what happened to it, word by word', async () => {
  radio.tell([HIT, OVERTAKEN]);
  expect(asked[0]?.input).toMatchObject({
    persona: 'You are Rook, a cold rival in a race. Speak in short radio messages.',
    messages: [{ content: 'The player overtook you. You are third.' }],
  });
  for (const token of ['Enjoy', ' it', ' whi', 'le']) asked[0]?.options.onToken?.(token);
  expect(radio.line.value).toEqual({ speaker: 'Rook', text: 'Enjoy', mood: null, by: null });
  asked[0]?.resolve(answer('Enjoy it.'));
  await settled();
  expect(radio.line.value).toEqual({ speaker: 'Rook', text: 'Enjoy it.', mood: 'angry', by: 'v' });
  clock.advance(RADIO.shownMs);
  expect(radio.line.value).toBeNull();
});

test('when nobody answers in time, the game says a line of its own', async () => {
  radio.tell([OVERTAKEN]);
  clock.advance(RADIO.firstTokenMs);
  await settled();
  expect(radio.line.value).toEqual({ speaker: 'Rook', text: 'I will have that place back.', mood: null, by: 'game' });
  radio.useClient(null);
  clock.advance(RADIO.pauseMs);
  radio.tell([HIT]);
  await settled();
  expect(radio.line.value).toMatchObject({ speaker: 'Nova', by: 'game' });
});

test('one rival speaks at a time, and not without a pause', async () => {
  radio.tell([OVERTAKEN]);
  radio.tell([HIT]);
  expect(asked).toHaveLength(1);
  asked[0]?.resolve(answer('So.'));
  await settled();
  radio.tell([HIT]);
  expect(asked).toHaveLength(1);
  clock.advance(RADIO.pauseMs);
  radio.tell([HIT]);
  expect(asked).toHaveLength(2);
});

test('a rival remembers the last of what it said, and no more', async () => {
  for (let n = 0; n < 4; n++) {
    radio.tell([OVERTAKEN]);
    asked[n]?.resolve(answer(`Line ${n}.`));
    await settled();
    clock.advance(RADIO.pauseMs);
  }
  expect(asked[3]?.input.messages).toHaveLength(RADIO.maxMessages + 1);
  expect(asked[3]?.input.conversation).toBe(asked[0]?.input.conversation);
});

test.each<[string, RaceEvent, string, string]>([
  ['itself', OVERTAKEN, 'Rook got me.', 'The player got me.'],
  ['somebody who does not race', OVERTAKEN, 'See you in my mirrors, Otto.', 'See you in my mirrors, player.'],
  [
    'the player for a rival',
    { ...OVERTAKEN, other: 3 },
    'How did the player get past me?',
    'How did Juno get past me?',
  ],
  ['one rival for another', { ...OVERTAKEN, other: 3 }, 'Ha! Vex has more boost.', 'Ha! Juno has more boost.'],
  [
    'itself where nobody else had a part',
    HIT,
    'Nova hit the wall. Vex did not.',
    'Somebody hit the wall. Vex did not.',
  ],
])('a model that names %s is heard naming the other one of what happened', (_, event, said, heard) => {
  expect(withRightNames(said, event)).toBe(heard);
});

test('a rival may say who it is, and what only looks like a name stays', () => {
  for (const line of ['Rook here. I am Rook.', 'Ashes! A vex upon you.'])
    expect(withRightNames(line, OVERTAKEN)).toBe(line);
});

test('a wrong name is never seen, not even while it comes in parts, and is not remembered', async () => {
  const seen = new Set<string>();
  const stop = radio.line.subscribe((line) => line && seen.add(line.text));
  radio.tell([OVERTAKEN]);
  const tokens = [
    'Wat',
    'ch where',
    ' you',
    ' fly',
    ', ',
    'Ot',
    'to',
    '! The',
    ' pl',
    'ayer',
    ' and Ro',
    'ok',
    ' can',
    ' wait',
    '.',
  ];
  for (const token of tokens) asked[0]?.options.onToken?.(token);
  asked[0]?.resolve(answer(tokens.join('')));
  await settled();
  stop();
  const whole = 'Watch where you fly, player! The player and the player can wait.';
  expect([...seen].at(-1)).toBe(whole);
  for (const text of seen) expect(whole.startsWith(text)).toBe(true);
  clock.advance(RADIO.pauseMs);
  radio.tell([OVERTAKEN]);
  expect(asked[1]?.input.messages[1]?.content).toBe(whole);
});

test('what was asked of volunteers that are gone, or elsewhere, is cancelled, and what is asked next is not', async () => {
  radio.tell([OVERTAKEN]);
  radio.setWhere('local');
  await settled();
  expect(radio.line.value).toMatchObject({ by: 'game' });
  clock.advance(RADIO.pauseMs);
  radio.tell([HIT]);
  expect(asked.map(({ options }) => [options.where, options.signal?.aborted])).toEqual([
    ['volunteers', true],
    ['local', false],
  ]);
});

test('switched off, the radio is silent at once', async () => {
  radio.tell([OVERTAKEN]);
  radio.setWhere('off');
  await settled();
  expect(radio.line.value).toBeNull();
  clock.advance(RADIO.pauseMs);
  radio.tell([HIT]);
  expect(asked).toHaveLength(1);
});

function craftAt(distanceM: number, lateralM = 0): Craft {
  return new Craft({ distanceM, lateralM, speedMps: 30 });
}

test('who passes, scrapes, touches, leads and falls back is noticed, each once', () => {
  const events = new RaceEvents();
  const player = craftAt(100);
  const rivals = [craftAt(120), craftAt(60, 5)];
  expect(events.look({ player, rivals })).toEqual([]);
  player.distanceM = 130;
  expect(events.look({ player, rivals })).toEqual([{ kind: 'overtaken', rival: 0, other: -1, place: 2 }]);
  expect(events.look({ player, rivals })).toEqual([]);
  const [first, second] = rivals;
  if (!first || !second) throw new Error('There are two rivals.');
  second.distanceM = 140;
  second.sinceScrapeS = 0;
  expect(events.look({ player, rivals }).map(({ kind, rival }) => [kind, rival])).toEqual([
    ['overtook', 1],
    ['overtook', 1],
    ['overtaken', 0],
    ['last', 0],
    ['hit', 1],
    ['lead', 1],
  ]);
  first.distanceM = 128;
  expect(events.look({ player, rivals })).toEqual([{ kind: 'touched', rival: 0, other: -1, place: 3 }]);
});

test('every event has words, and there is a name for each rival', () => {
  expect(RIVALS).toHaveLength(4);
  for (const kind of ['overtook', 'overtaken', 'hit', 'touched', 'lead', 'last'] as const)
    expect(wordsOf({ kind, rival: 0, other: 1, place: 2 })).toMatch(/^[A-Z].*\.$/);
});
