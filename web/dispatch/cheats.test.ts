import { expect, test } from 'vitest';
import { allWorks, runCheat } from './test-cheats.ts';

const RESULTS = 12;
const WORKS = allWorks();

test.each(
  WORKS.flatMap((work) => Object.keys(work.cheats).map((cheat) => ({ type: work.definition.type, cheat, work }))),
)(
  'a volunteer that cheats in every result of $type ($cheat) is barred by the first, and none is delivered',
  async ({ cheat, work }) => {
    const always = await runCheat(work, cheat, { rate: 1, results: RESULTS, seed: 1 });
    expect(always).toEqual({ given: 1, wrong: 1, delivered: 0, isBarred: true });
  },
);

test.each(WORKS.map((work) => ({ type: work.definition.type, work })))(
  'honest results of $type bar nobody',
  async ({ work }) => {
    const [cheat = ''] = Object.keys(work.cheats);
    const honest = await runCheat(work, cheat, { rate: 0, results: RESULTS, seed: 1 });
    expect(honest).toEqual({ given: RESULTS, wrong: 0, delivered: 0, isBarred: false });
  },
);
