import { expect, it } from 'vitest';
import { streamStages, taskStages } from './stage-times.ts';
import { streamStats } from './test-figures.ts';

it('says of each stage where it was spent, and leaves out those a frame did not pass', () => {
  const places = streamStages(streamStats()).map(({ name, place }) => `${name} ${place}`);
  expect(places).toEqual(['encode here', 'uplink way', 'compute there', 'decode here']);
});

it('puts every stage of a local frame on this machine', () => {
  const stages = streamStages(streamStats({ running: 'local' }));
  expect(new Set(stages.map(({ place }) => place))).toEqual(new Set(['here']));
});

it('counts a local task as computed here', () => {
  const timing = { totalMs: 5, queueMs: 0, sendMs: 0, computeMs: 5, receiveMs: 0, backend: 'js', attempts: 1 };
  expect(taskStages({ ...timing, ranOn: 'local' })).toEqual([{ name: 'compute', ms: 5, place: 'here' }]);
});
