import { afterEach, expect, test, vi } from 'vitest';
import { MeshError } from '../../shared/errors.ts';
import { CodeLookup, GUESSES } from './code-lookup.ts';
import { WrongInvite } from './invites.ts';

afterEach(() => void vi.useRealTimers());

const FOUND = { room: 'den', token: 't', role: 'volunteer', from: 'tidy-puffin' } as const;

function lookupWith(limitFactor = 1, spend = async () => {}) {
  const refusals: string[] = [];
  const lookup = new CodeLookup({
    codes: {
      find: async (code) => {
        if (code === 'RIGHT') return FOUND;
        throw new WrongInvite('This server knows no such code.');
      },
    },
    spend,
    refused: (reason) => refusals.push(reason),
    limitFactor,
  });
  let addresses = 0;
  /** From a new address of the site each time, and by default of a provider that has no other sites. */
  const ask = (code: string, site: string, provider = `provider of ${site}`) => {
    const address = { key: `address ${addresses++}`, times: 1 };
    return lookup.find(code, { networks: [address, { key: site, times: 8 }], provider });
  };
  /** One wrong code from each of many sites. */
  const flood = async (count: number, name: string, provider?: string) => {
    for (let index = 0; index < count; index++) await ask('WRONG', `${name} ${index}`, provider).catch(() => {});
  };
  return { ask, flood, refusals };
}

const unknown = { reason: 'not-invited' };
const busy = {
  reason: 'rate-limited',
  message: expect.stringMatching(/came to this server.* for 10 min.* whole link/),
};
const locked = { reason: 'rate-limited', message: expect.stringMatching(/were tried from your network. Wait 10 min/) };

test('however many wrong codes came to the server, a network that made none is answered, and its first wrong one too', async () => {
  const { ask, flood, refusals } = lookupWith();
  await expect(ask('WRONG', 'mistyped'), 'once').rejects.toMatchObject(unknown);
  await flood(GUESSES.ofEverybody.limit - 2, 'site');
  expect(await ask('RIGHT', 'mistyped')).toEqual(FOUND);
  await flood(1, 'last');
  await expect(ask('RIGHT', 'mistyped')).rejects.toMatchObject(busy);
  expect(refusals.filter((reason) => reason === 'rate-limited')).toHaveLength(1);
  expect(await ask('RIGHT', 'home')).toEqual(FOUND);
  await expect(ask('WRONG', 'home')).rejects.toMatchObject(unknown);
  await expect(ask('RIGHT', 'home'), 'no second guess').rejects.toMatchObject(busy);
  vi.setSystemTime(Date.now() + GUESSES.windowMs);
  expect(await ask('RIGHT', 'home')).toEqual(FOUND);
});

test('one provider’s many networks cannot use up what everybody may guess, and its other networks are answered until they guess', async () => {
  const { limit, limitForNewSites } = GUESSES.ofProvider;
  const { ask, flood } = lookupWith();
  await flood(limit, 'site', 'big');
  await expect(ask('RIGHT', 'site 0', 'big')).rejects.toMatchObject(locked);
  expect(await ask('RIGHT', 'neighbour', 'big')).toEqual(FOUND);
  await flood(limitForNewSites - limit, 'more', 'big');
  await expect(ask('RIGHT', 'neighbour', 'big')).rejects.toMatchObject(locked);
  await flood(GUESSES.ofEverybody.limit, 'yet more', 'big');
  // What was refused counts for nobody.
  await expect(ask('WRONG', 'elsewhere')).rejects.toMatchObject(unknown);
  expect(await ask('RIGHT', 'elsewhere')).toEqual(FOUND);
});

test('first guesses beyond the limit are bounded too', async () => {
  // A tenth of everything: the bounds are multiplied alike.
  const { ask, flood } = lookupWith(0.1);
  await flood(GUESSES.ofEverybody.limitForNewSites / 10 - 1, 'site');
  expect(await ask('RIGHT', 'home')).toEqual(FOUND);
  await flood(1, 'last');
  await expect(ask('RIGHT', 'home')).rejects.toMatchObject(busy);
});

test('who is locked out is told so, not that it asks too fast; what is asked too fast is not looked up', async () => {
  let isTooFast = false;
  const tooFast = new MeshError('rate-limited', 'Too many codes were tried from your network. Wait 3 s and try again.');
  const { ask, refusals } = lookupWith(1, async () => {
    if (isTooFast) throw tooFast;
  });
  for (let wrong = 0; wrong < GUESSES.ofSite; wrong++) await ask('WRONG', 'school').catch(() => {});
  isTooFast = true;
  await expect(ask('RIGHT', 'school')).rejects.toMatchObject(locked);
  await expect(ask('RIGHT', 'home')).rejects.toBe(tooFast);
  expect(refusals.slice(-2)).toEqual(['locked-out', 'rate-limited']);
});

test('right codes count against nobody, and a factor of 0 switches the limits off', async () => {
  const { ask } = lookupWith();
  for (let times = 0; times <= GUESSES.ofSite; times++) expect(await ask('RIGHT', 'school')).toEqual(FOUND);
  const off = lookupWith(0);
  for (let times = 0; times <= GUESSES.ofSite; times++) {
    await expect(off.ask('WRONG', 'school')).rejects.toMatchObject(unknown);
  }
});
