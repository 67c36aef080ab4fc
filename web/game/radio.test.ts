import { beforeEach, expect, test } from 'vitest';
import { ManualClock } from '../../shared/manual-clock.ts';
import { RADIO, Radio, type RadioClient } from './radio.ts';
import { RIVALS, wordsOf } from './radio-lines.ts';
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
  asked[0]?.options.onToken?.('Enjoy');
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
