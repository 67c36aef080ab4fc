import { expect, it } from 'vitest';
import { volunteer } from '../sdk/test-volunteer-info.ts';
import { frameShares, streamStages, taskStages } from './hud.tsx';
import { streamStats } from './test-figures.ts';

it('says where each stage ran, and omits stages without time', () => {
  const places = streamStages(streamStats()).map(({ name, place }) => `${name} ${place}`);
  expect(places).toEqual(['encode here', 'uplink way', 'compute there', 'decode here']);
});

it('attributes every stage of a local frame to this machine', () => {
  const stages = streamStages(streamStats({ running: 'local' }));
  expect(new Set(stages.map(({ place }) => place))).toEqual(new Set(['here']));
});

it('counts a local task as computed here', () => {
  const timing = { totalMs: 5, queueMs: 0, sendMs: 0, computeMs: 5, receiveMs: 0, backend: 'js', attempts: 1 };
  expect(taskStages({ ...timing, ranOn: 'local' })).toEqual([{ name: 'compute', ms: 5, place: 'here' }]);
});

const VOLUNTEERS = [volunteer(), volunteer({ id: 'v2', name: 'calm-fox' })];

it('names who sharpened the frames, and counts the rest as done here', () => {
  const shares = [
    { volunteerId: 'v1', share: 0.5 },
    { volunteerId: 'v2', share: 0.25 },
  ];
  expect(frameShares({ shares, fps: 30 }, VOLUNTEERS).map(({ name, ratio }) => [name, ratio])).toEqual([
    ['brave-otter', 0.5],
    ['calm-fox', 0.25],
    ['this computer', 0.25],
  ]);
});

it('reports nothing without frames, and ignores rounding errors', () => {
  expect(frameShares({ shares: [], fps: 0 }, VOLUNTEERS)).toEqual([]);
  const shares = [{ volunteerId: 'gone', share: 0.999 }];
  expect(frameShares({ shares, fps: 30 }, VOLUNTEERS).map(({ name }) => name)).toEqual(['a volunteer who left']);
  expect(frameShares({ shares: [], fps: 30 }, []).map(({ ratio }) => ratio)).toEqual([1]);
});
