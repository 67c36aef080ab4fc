import { expect, it } from 'vitest';
import { MeshError } from '../../shared/errors.ts';
import { volunteerErrorTitle, volunteerStatus } from './messages.ts';

const NOTHING = {
  ...{ framesDone: 0, tasksDone: 0, gamers: 0, interrupted: 0, coolingShare: 1 },
  ...{ qualities: [], bytesIn: 0, bytesOut: 0 },
};

it('thanks for frames and tasks, if there were any', () => {
  const headline = (framesDone: number, tasksDone: number) =>
    volunteerStatus('off', { ...NOTHING, framesDone, tasksDone }).headline;
  expect(headline(1_234, 1)).toContain('Thank you for 1,234 frames and 1 task.');
  expect(headline(0, 2)).toContain('Thank you for 2 tasks.');
  expect(headline(0, 0)).not.toContain('Thank');
  expect(volunteerStatus('off', null).headline).toContain('Not helping yet.');
});

it('says what it took: how long a gamer was helped, and how much data', () => {
  const given = { ...NOTHING, framesDone: 9, bytesIn: 600e6, bytesOut: 240e6 };
  expect(volunteerStatus('off', given, [], 754_000).detail).toBe('You helped for 12.6 min, with 840 MB of data.');
  expect(volunteerStatus('off', NOTHING).detail).toBe('');
});

it('says that the invite does not work', () => {
  expect(volunteerErrorTitle(new MeshError('not-invited', 'Expired.'))).toBe('This invite does not work');
  expect(volunteerErrorTitle(new MeshError('room-full', 'Full.'))).toBe('This room is full');
});

it('names the qualities that it computes gamers’ frames with', () => {
  const detail = (...qualities: ('spatial' | 'quality')[]) =>
    volunteerStatus('serving', { ...NOTHING, framesDone: 1, gamers: 2, qualities }).detail;
  expect(detail('quality', 'spatial')).toBe('Computing with: quality network, spatial.');
  expect(detail()).toBe('');
});

it('says that it computes less because it is hot', () => {
  const detail = (coolingShare: number) => volunteerStatus('serving', { ...NOTHING, gamers: 1, coolingShare }).detail;
  expect(detail(1)).toBe('');
  expect(detail(0.5)).toBe('It is hot: for some minutes it computes half as much.');
  expect(detail(0.25)).toBe('It is still hot: for some minutes it computes a quarter as much.');
});

it('names everything that pauses it, and nothing where the person did', () => {
  expect(volunteerStatus('paused', null, ['on battery', 'outside your hours']).headline).toBe(
    'Paused: on battery; outside your hours.',
  );
  expect(volunteerStatus('paused', null).headline).toBe('Paused. Running tasks were returned.');
});

it('says that a gamer cannot be reached and is tried again', () => {
  const given = { ...NOTHING, framesDone: 1 };
  expect(volunteerStatus('serving', { ...given, gamers: 0, interrupted: 1 }).headline).toBe(
    'Disconnected from the gamer, trying again.',
  );
  expect(volunteerStatus('reconnecting', { ...given, gamers: 0, interrupted: 1 }).headline).toBe(
    'Disconnected from the server and all gamers, trying again.',
  );
  expect(volunteerStatus('serving', { ...given, gamers: 1, interrupted: 1 })).toMatchObject({
    headline: 'Helping a gamer.',
    detail: 'Disconnected from 1 more, trying again.',
  });
});
