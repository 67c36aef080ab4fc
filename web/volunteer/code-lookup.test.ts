import { expect, it } from 'vitest';
import { lookUpCode, type Surroundings } from './code-lookup.ts';

/** A page below a path of a server that answers as given. */
function page(answer: Response | Error) {
  const seen: string[] = [];
  const surroundings: Surroundings = {
    pageUrl: 'https://example.org/p2c2r/volunteer#K7QF-2M9X',
    get: async (url, init) => {
      seen.push(`asks ${url} ${JSON.stringify(init?.headers)}`);
      if (answer instanceof Error) throw answer;
      return answer;
    },
    rename: (url) => void seen.push(`is now ${url}`),
    leaveFor: (url) => void seen.push(`leaves for ${url}`),
  };
  return { seen, surroundings };
}

/** The code is in no address: servers and proxies write those into logs. */
const asks = 'asks https://example.org/p2c2r/codes {"x-p2c2r-code":"K7QF2M9X"}';
const invite = { room: 'den', token: 't', from: 'tidy-puffin' };
const found = (role: string) => Response.json({ ok: true, value: { ...invite, role } });

it('finds the invite of a code, below the path of its server, and gives the page its address', async () => {
  const { seen, surroundings } = page(found('volunteer'));
  expect(await lookUpCode('K7QF2M9X', surroundings)).toEqual(invite);
  expect(seen).toEqual([asks, 'is now https://example.org/p2c2r/volunteer#room=den&invite=t&from=tidy-puffin']);
});

it('opens the gamer page for an invite of a gamer', async () => {
  const { seen, surroundings } = page(found('gamer'));
  expect(await lookUpCode('K7QF2M9X', surroundings)).toBeNull();
  expect(seen).toEqual([asks, 'leaves for https://example.org/p2c2r/gamer#room=den&invite=t&from=tidy-puffin']);
});

it('says what the server says of a code, and what to do when it says nothing', async () => {
  const error = { reason: 'not-invited', message: 'This code has expired. Ask for a new one.' };
  const refused = page(Response.json({ ok: false, error }, { status: 404 }));
  await expect(lookUpCode('K7QF2M9X', refused.surroundings)).rejects.toMatchObject(error);
  expect(refused.seen, 'and a reload does not bring it back').toEqual([
    asks,
    'is now https://example.org/p2c2r/volunteer',
  ]);
  for (const answer of [new TypeError('Failed to fetch'), new Response('There is nothing here.'), found('owner')]) {
    const { seen, surroundings } = page(answer);
    await expect(lookUpCode('K7QF2M9X', surroundings)).rejects.toMatchObject({
      reason: 'signaling-unreachable',
      message: expect.stringContaining('ask for the whole link'),
    });
    expect(seen).toEqual([asks]);
  }
});
