import { expect, it } from 'vitest';
import { streamStages, taskStages } from './stages.ts';
import { streamStats } from './test-figures.ts';

it('says where each stage ran, and omits stages without time', () => {
  const places = streamStages(streamStats()).map(({ name, place }) => `${name} ${place}`);
  expect(places).toEqual(['encode here', 'uplink way', 'compute there', 'decode here']);
});

it('attributes every stage of a local frame to this machine', () => {
  const stages = streamStages(streamStats({ shares: [] }));
  expect(new Set(stages.map(({ place }) => place))).toEqual(new Set(['here']));
});

it('counts a local task as computed here', () => {
  const timing = { totalMs: 5, queueMs: 0, sendMs: 0, computeMs: 5, receiveMs: 0, backend: 'js', attempts: 1 };
  expect(taskStages({ ...timing, ranOn: 'local' })).toEqual([{ name: 'compute', ms: 5, place: 'here' }]);
});
