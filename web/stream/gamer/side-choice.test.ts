import { beforeEach, expect, test } from 'vitest';
import { type HelpForecast, SideChoice, type SideInputs } from './side-choice.ts';

let choice: SideChoice;

const VERA: HelpForecast = { name: 'Vera', quality: 'quality', downlinkKbps: 4_000, inTimeShare: null };
const AUTO: SideInputs = {
  ...{ where: 'auto', transport: 'detail', quality: 'auto' },
  ...{ nowMs: 0, localQuality: null, volunteer: null },
};

beforeEach(() => {
  choice = new SideChoice();
});

const runs = (situation: Partial<SideInputs>) => choice.decide({ ...AUTO, ...situation });

test('the side that the user chose runs, whatever the picture', () => {
  expect(runs({ where: 'local', localQuality: 'bicubic', volunteer: VERA }).running).toBe('local');
  expect(
    runs({ where: 'volunteers', localQuality: 'quality', volunteer: { ...VERA, quality: 'spatial' } }).running,
  ).toBe('volunteers');
});

test('without a volunteer this computer does the work, or nobody if volunteers were chosen, and the reason says so', () => {
  expect(runs({})).toMatchObject({
    running: 'local',
    reason: { kind: 'here-meanwhile', text: expect.stringContaining('this computer does what it can') },
  });
  expect(runs({ where: 'volunteers' })).toMatchObject({
    running: 'volunteers',
    reason: { kind: 'no-volunteer', text: expect.stringContaining('frames are only enlarged') },
  });
});

test('auto asks volunteers where their detail adds enough to what this computer does, which it may not after a codec', () => {
  expect(runs({ localQuality: 'bicubic', volunteer: VERA }).running).toBe('volunteers');
  expect(runs({ localQuality: 'spatial', volunteer: VERA }).running).toBe('volunteers');
  expect(runs({ localQuality: 'fast', volunteer: VERA }).running).toBe('volunteers');
  expect(runs({ localQuality: 'fast', volunteer: { ...VERA, downlinkKbps: 300 } }).running).toBe('local');
  expect(runs({ localQuality: 'quality', volunteer: VERA }).running).toBe('local');
});

test('a volunteer that has not answered yet changes nothing', () => {
  expect(runs({ localQuality: 'fast', volunteer: { ...VERA, quality: null } }).running).toBe('local');
});

test('detail that seldom comes in time counts for nothing, and its volunteer is tried again ever later', () => {
  const fast = { localQuality: 'spatial', volunteer: { ...VERA, inTimeShare: 1 } } as const;
  const late = { ...fast, volunteer: { ...VERA, inTimeShare: 0.2 } };
  let nowMs = 0;
  const triesWithin = (ms: number) => {
    let tries = 0;
    for (const endMs = nowMs + ms; nowMs < endMs; nowMs += 1_000) {
      if (runs({ ...fast, nowMs }).running === 'local') continue;
      tries++;
      // It is found out soon.
      nowMs += 1_000;
      expect(runs({ ...late, nowMs }).running).toBe('local');
    }
    return tries;
  };
  expect(triesWithin(60_000)).toBe(2);
  expect(triesWithin(600_000)).toBeLessThan(7);
});

test('auto does not flap where detail adds hardly anything', () => {
  runs({ localQuality: 'bicubic', volunteer: VERA });
  const equal = { localQuality: 'fast', volunteer: { ...VERA, quality: 'balanced', downlinkKbps: 1_200 } } as const;
  const { running } = runs(equal);
  for (let nth = 0; nth < 5; nth++) expect(runs(equal).running).toBe(running);
});

test('with the transport `picture` a volunteer is used whenever one is ready', () => {
  expect(runs({ transport: 'picture', localQuality: 'quality', volunteer: VERA }).running).toBe('volunteers');
});

test.each(['bicubic', 'bilinear'] as const)(
  'with the quality `%s` nobody is said to help: it only enlarges',
  (quality) => {
    const reason = { kind: 'nothing-to-add', text: expect.stringContaining('volunteers have nothing to add') };
    expect(runs({ quality, volunteer: VERA })).toEqual({ running: 'local', reason });
    expect(runs({ quality, volunteer: VERA, where: 'volunteers' })).toEqual({ running: 'volunteers', reason });
    expect(runs({ quality, transport: 'picture', volunteer: VERA }).reason).toEqual({
      kind: 'helping',
      text: 'Vera is helping.',
    });
  },
);
