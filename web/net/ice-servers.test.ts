import { expect, test } from 'vitest';
import { MeshError } from '../../shared/errors.ts';
import type { IceGrant } from '../../shared/signaling.ts';
import { ManualClock } from '../../shared/test-manual-clock.ts';
import { IceRenewal, RENEW_AFTER, RENEWAL_RETRY_MS } from './ice-servers.ts';

/** A long session always has valid credentials, even if the server refuses once. */
const VALID_S = 1_000;
const DUE_MS = VALID_S * 1_000 * RENEW_AFTER;

function renewal(answers: (() => Promise<IceGrant>)[], isNeeded = () => true) {
  const clock = new ManualClock();
  const told: unknown[] = [];
  let asked = 0;
  const renewing = new IceRenewal({
    clock,
    isNeeded,
    ask: () => answers[asked++]?.() ?? Promise.reject(new Error('asked too often')),
    onGrant: ({ iceServers }) => told.push(iceServers[0]?.username),
    onRefused: (cause) => told.push(cause),
  });
  return { renewing, clock, told, asked: () => asked };
}

const grant = (username: string, iceValidS: number | null = VALID_S) => ({
  iceServers: [{ urls: 'turn:turn.example', username }],
  iceValidS,
});
const settled = () => new Promise((resolve) => setTimeout(resolve));

test('credentials are renewed before they expire, until the server grants some without expiry', async () => {
  const { renewing, clock, told } = renewal([async () => grant('second'), async () => grant('third', null)]);
  renewing.granted(grant('first'));
  expect(DUE_MS).toBeLessThan(VALID_S * 1_000);
  for (const expected of [['second'], ['second', 'third']]) {
    clock.advance(DUE_MS - 1);
    await settled();
    expect(told).toEqual(expected.slice(0, -1));
    clock.advance(1);
    await settled();
    expect(told).toEqual(expected);
  }
  expect(clock.pending).toBe(0);
});

test('a refusal is reported, and the renewal is retried', async () => {
  const refusal = new MeshError('rate-limited', 'Too many events.');
  const { renewing, clock, told } = renewal([() => Promise.reject(refusal), async () => grant('second')]);
  renewing.granted(grant('first'));
  clock.advance(DUE_MS);
  await settled();
  expect(told).toEqual([refusal]);
  clock.advance(RENEWAL_RETRY_MS);
  await settled();
  expect(told).toEqual([refusal, 'second']);
});

test('after a stop there are no renewals, and a pending answer is ignored', async () => {
  let answer: (given: IceGrant) => void = () => {};
  const { renewing, clock, told, asked } = renewal([
    () =>
      new Promise((resolve) => {
        answer = resolve;
      }),
  ]);
  renewing.granted(grant('first'));
  clock.advance(DUE_MS);
  renewing.stop();
  answer(grant('late'));
  await settled();
  clock.advance(2 * DUE_MS);
  expect([told, asked(), clock.pending]).toEqual([[], 1, 0]);
});

test('a page that knows nobody asks for none, and goes on with the next introduction', async () => {
  let hasPeers = false;
  const { renewing, clock, told, asked } = renewal([async () => grant('second')], () => hasPeers);
  renewing.granted(grant('first'));
  clock.advance(DUE_MS);
  await settled();
  expect([asked(), clock.pending]).toEqual([0, 0]);
  hasPeers = true;
  renewing.granted(grant('introduced'));
  clock.advance(DUE_MS);
  await settled();
  expect(told).toEqual(['second']);
});
