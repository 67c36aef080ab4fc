import { expect, it } from 'vitest';
import { MeshError } from '../../shared/errors.ts';
import { statusOf, volunteerErrorTitle } from './messages.ts';

it('thanks for what was given, and only for that', () => {
  const headline = (framesDone: number, tasksDone: number) =>
    statusOf('off', { framesDone, tasksDone, gamers: 0, qualities: [] }).headline;
  expect(headline(1_234, 1)).toContain('Thank you for 1,234 frames and 1 task.');
  expect(headline(0, 2)).toContain('Thank you for 2 tasks.');
  expect(headline(0, 0)).not.toContain('Thank');
  expect(statusOf('off', null).headline).toContain('Not helping yet.');
});

it('says of an invite, and not of the room, that it does not work', () => {
  expect(volunteerErrorTitle(new MeshError('not-invited', 'Expired.'))).toBe('This room does not let you in');
  expect(volunteerErrorTitle(new MeshError('room-full', 'Full.'))).toBe('This room is full');
});

it('tells what the gamers’ frames are made with', () => {
  const detail = (...qualities: ('spatial' | 'quality')[]) =>
    statusOf('serving', { framesDone: 1, tasksDone: 0, gamers: 2, qualities }).detail;
  expect(detail('quality', 'spatial')).toBe('Frames are made with: best network, spatial.');
  expect(detail()).toBe('');
});
