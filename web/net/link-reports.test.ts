import { expect, test } from 'vitest';
import { MeshError } from '../../shared/errors.ts';
import { ManualClock } from '../../shared/manual-clock.ts';
import type { LinkOutcome } from '../../shared/status.ts';
import type { LinkEvent } from './link.ts';
import { reportLink } from './link-reports.ts';
import { Listeners } from './listeners.ts';
import { LINK } from './tuning.ts';

const FAILURE = new MeshError('connection-failed', 'no route in time');

function reported() {
  const clock = new ManualClock();
  const events = new Listeners<LinkEvent>();
  const told: LinkOutcome[] = [];
  reportLink({ events, path: async () => 'relay' }, clock, (outcome) => told.push(outcome));
  const waitForLookup = async () => {
    clock.advance(LINK.pathLookupMs);
    await Promise.resolve();
  };
  return { events, told, waitForLookup };
}

test('each failed attempt is told, and the way of the one that succeeds', async () => {
  const { events, told, waitForLookup } = reported();
  events.emit({ kind: 'lost', error: FAILURE });
  events.emit({ kind: 'lost', error: FAILURE });
  events.emit({ kind: 'open' });
  await waitForLookup();
  expect(told).toEqual(['failed', 'failed', 'relay']);
});

test('a lost link is no failure to connect, and its way is not looked up any more', async () => {
  const { events, told, waitForLookup } = reported();
  events.emit({ kind: 'open' });
  events.emit({ kind: 'lost', error: FAILURE });
  await waitForLookup();
  expect(told).toEqual([]);
  events.emit({ kind: 'lost', error: FAILURE });
  expect(told, 'but the attempt after it is one').toEqual(['failed']);
});

test('a link that somebody closed before it opened has not failed', () => {
  const { events, told } = reported();
  events.emit({ kind: 'lost', error: null });
  expect(told).toEqual([]);
});
