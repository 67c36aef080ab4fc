import { expect, it } from 'vitest';
import { MeshError } from '../../shared/errors.ts';
import { statusOf, volunteerErrorTitle } from './messages.ts';

it('thanks for frames and tasks, if there were any', () => {
  const headline = (framesDone: number, tasksDone: number) =>
    statusOf('off', { framesDone, tasksDone, gamers: 0, interrupted: 0, qualities: [] }).headline;
  expect(headline(1_234, 1)).toContain('Thank you for 1,234 frames and 1 task.');
  expect(headline(0, 2)).toContain('Thank you for 2 tasks.');
  expect(headline(0, 0)).not.toContain('Thank');
  expect(statusOf('off', null).headline).toContain('Not helping yet.');
});

it('says that the invite does not work', () => {
  expect(volunteerErrorTitle(new MeshError('not-invited', 'Expired.'))).toBe('This invite does not work');
  expect(volunteerErrorTitle(new MeshError('room-full', 'Full.'))).toBe('This room is full');
});

it('names the qualities that it computes gamers’ frames with', () => {
  const detail = (...qualities: ('spatial' | 'quality')[]) =>
    statusOf('serving', { framesDone: 1, tasksDone: 0, gamers: 2, interrupted: 0, qualities }).detail;
  expect(detail('quality', 'spatial')).toBe('Computing with: quality network, spatial.');
  expect(detail()).toBe('');
});

it('names everything that pauses it, and nothing where the person did', () => {
  expect(statusOf('paused', null, ['on battery', 'outside your hours']).headline).toBe(
    'Paused: on battery; outside your hours.',
  );
  expect(statusOf('paused', null).headline).toBe('Paused. Running tasks were returned.');
});

it('says that a gamer cannot be reached and is tried again', () => {
  const given = { framesDone: 1, tasksDone: 0, qualities: [] };
  expect(statusOf('serving', { ...given, gamers: 0, interrupted: 1 }).headline).toBe(
    'Disconnected from the gamer, trying again.',
  );
  expect(statusOf('reconnecting', { ...given, gamers: 0, interrupted: 1 }).headline).toBe(
    'Disconnected from the server and all gamers, trying again.',
  );
  expect(statusOf('serving', { ...given, gamers: 1, interrupted: 1 })).toMatchObject({
    headline: 'Helping a gamer.',
    detail: 'Disconnected from 1 more, trying again.',
  });
});
