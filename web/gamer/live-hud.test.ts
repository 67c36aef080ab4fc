import { expect, it } from 'vitest';
import { volunteer } from '../sdk/test-volunteer-info.ts';
import { frameShares, signedPercent } from './live-hud.tsx';
import { streamStats } from './test-figures.ts';

const VOLUNTEERS = [volunteer(), volunteer({ id: 'v2', name: 'calm-fox' })];

it('names who sharpened the frames, and counts those that were only enlarged apart', () => {
  const shares = [
    { volunteerId: 'v1', share: 0.5 },
    { volunteerId: 'v2', share: 0.125 },
  ];
  const stats = streamStats({ shares, localShare: 0.125 });
  expect(frameShares(stats, VOLUNTEERS).map(({ name, ratio, place }) => [name, ratio, place])).toEqual([
    ['detail by “brave-otter”', 0.5, 'there'],
    ['detail by “calm-fox”', 0.125, 'there'],
    ['sharpened on this computer', 0.125, 'here'],
    ['only enlarged', 0.25, 'nowhere'],
  ]);
});

it('reports nothing without frames, and ignores rounding errors', () => {
  expect(frameShares(streamStats({ fps: 0 }), VOLUNTEERS)).toEqual([]);
  const gone = streamStats({ shares: [{ volunteerId: 'gone', share: 0.999 }] });
  expect(frameShares(gone, VOLUNTEERS).map(({ name }) => name)).toEqual(['detail by a volunteer who left']);
  const bicubic = streamStats({ quality: 'bicubic' });
  expect(frameShares(bicubic, VOLUNTEERS).map(({ name, ratio }) => [name, ratio])).toEqual([['only enlarged', 1]]);
});

it('says by how much edges are stronger, or weaker, and nothing where that is not known', () => {
  expect([0.234, 0, -0.02, Number.NaN].map(signedPercent)).toEqual(['+23 %', '+0 %', '−2 %', '–']);
});
