import { afterEach, expect, test, vi } from 'vitest';
import { CodeLookup, GUESSES } from './code-lookup.ts';
import { WrongInvite } from './invites.ts';
import { LockOut } from './lock-out.ts';

afterEach(() => void vi.useRealTimers());

const FOUND = { room: 'den', token: 't', role: 'volunteer', from: 'tidy-puffin' } as const;

function lookupWith(limitFactor = 1) {
  const refusals: string[] = [];
  const lookup = new CodeLookup({
    codes: {
      find: async (code) => {
        if (code === 'RIGHT') return FOUND;
        throw new WrongInvite('This server knows no such code.');
      },
    },
    // Of addresses, which are not what is tested here.
    lockOut: new LockOut(0),
    spendJoin: async () => {},
    refused: (reason) => refusals.push(reason),
    limitFactor,
  });
  const ask = (code: string, site: string) =>
    lookup.find(code, [
      { key: `address in ${site}`, times: 1 },
      { key: site, times: 8 },
    ]);
  return { ask, refusals };
}

test('after too many wrong codes from everywhere none is read until the window has passed, however many sites they came from', async () => {
  const { ask, refusals } = lookupWith();
  for (let wrong = 1; wrong < GUESSES.ofAll; wrong++) {
    await ask('WRONG', `site ${wrong}`).catch(() => {});
  }
  expect(await ask('RIGHT', 'home')).toEqual(FOUND);
  await expect(ask('WRONG', 'elsewhere')).rejects.toMatchObject({ reason: 'not-invited' });
  await expect(ask('RIGHT', 'home')).rejects.toMatchObject({
    reason: 'rate-limited',
    message: expect.stringMatching(/reads none for 10 min/),
  });
  expect(refusals.filter((reason) => reason === 'rate-limited')).toHaveLength(1);
  vi.setSystemTime(Date.now() + GUESSES.windowMs);
  expect(await ask('RIGHT', 'home')).toEqual(FOUND);
});

test('right codes count against nobody, and a factor of 0 switches the limits off', async () => {
  const { ask } = lookupWith();
  for (let times = 0; times <= GUESSES.ofSite; times++) expect(await ask('RIGHT', 'school')).toEqual(FOUND);
  const off = lookupWith(0);
  for (let times = 0; times <= GUESSES.ofSite; times++) {
    await expect(off.ask('WRONG', 'school')).rejects.toMatchObject({ reason: 'not-invited' });
  }
});
