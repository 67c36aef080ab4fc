import { expect, it } from 'vitest';
import { volunteer } from '../sdk/test-volunteer-info.ts';
import type { StreamStats } from './client.ts';
import { type Situation, type Status, statusOf } from './messages.ts';
import { streamReport } from './test-figures.ts';

/** Sentences that a stream explains itself with (`SideChoice.decide` and `explainStream`). */
const WHYS = [
  'You chose to sharpen frames on this computer.',
  "'bicubic' only enlarges, as this computer does by itself: volunteers have nothing to add to it.",
  'No volunteer is ready yet, so frames are only enlarged meanwhile.',
  'No volunteer is ready yet, so this computer does what it can meanwhile.',
  'You chose volunteers; brave-otter is helping.',
  'brave-otter is helping.',
  "brave-otter is helping; this computer's own speed is not known yet.",
  'brave-otter is getting ready to help.',
  "To 'spatial' on this computer, detail by 'fast' from brave-otter would add too little.",
  "Detail by 'quality' from brave-otter adds to 'spatial' on this computer.",
  'This computer shows frames unsharpened: it lacks WebAssembly.',
  'Getting ready: this computer measures how to sharpen, and shows frames as they come meanwhile.',
  'You chose to sharpen frames on this computer. This computer is too slow to sharpen at this rate: frames are shown unsharpened, so that they keep coming.',
  "You chose volunteers; brave-otter is helping. brave-otter is too slow for 'ultra' at this rate: 'quality' is shown.",
];

/** What the frames of the last seconds were. */
const FIGURES: readonly Partial<StreamStats>[] = [
  {},
  { shares: [{ volunteerId: 'v1', share: 0.2 }] },
  { shares: [] },
  { shares: [], codec: '' },
  { codec: '' },
  { running: 'local', codec: '', shares: [], localShare: 1 },
  { running: 'local', codec: '', shares: [], localShare: 0.3 },
  { running: 'local', codec: '', shares: [], localShare: 0, quality: null },
  { running: 'local', codec: '', shares: [], localShare: 0.1, quality: null, lowered: 'too-slow' },
  { running: 'volunteers', shares: [], localShare: 1 },
  { quality: 'bicubic', shares: [] },
  { fps: 0, framesPresented: 0, shares: [], quality: null },
];

/** What a line may claim; no two of a row may be claimed at once. */
const OPPOSITES: readonly (readonly [RegExp, RegExp])[] = [
  [
    /sharpens? your frames|sharpens? some of the frames/,
    /No volunteer is ready|no volunteer is helping|getting ready to help/,
  ],
  [/sharpens? your frames/, /only enlarged|unsharpened|not sharpened/i],
  [/sharpens? (your|some of the) frames/, /would add too little|chose to sharpen frames on this computer/],
  [/no volunteer is helping|no detail comes/, /is helping[.;]|adds to/],
  [
    /Sharpened (on this computer|here)/,
    /only enlarged|unsharpened|too slow to sharpen|is helping|adds to|measures how/,
  ],
  [/not sharpened|only enlarged/i, /adds to|is helping|does what it can|would add too little/],
  [/measuring its machine|getting ready to help/, /no volunteer|nobody|is helping[.;]/i],
  [/Getting ready/, /shows frames unsharpened:/],
];

function contradictionIn({ headline, detail }: Status): string | null {
  const wrong = OPPOSITES.some(
    ([one, other]) => (one.test(headline) && other.test(detail)) || (other.test(headline) && one.test(detail)),
  );
  return wrong ? `${headline} | ${detail}` : null;
}

const all: Situation[] = [];
for (const phase of ['online', 'reconnecting'] as const)
  for (const where of ['auto', 'volunteers', 'local'] as const)
    for (const volunteers of [[], [volunteer()]])
      for (const newcomers of volunteers.length > 0 ? [[], ['v1']] : [[]])
        for (const interrupted of [0, 1])
          for (const isMeasuring of [false, true])
            for (const figures of FIGURES)
              for (const why of WHYS) {
                const report = streamReport({ ...figures, why });
                const people = { volunteers, newcomers, interrupted, isMeasuring };
                all.push({ phase, where, isBroken: false, isPaused: false, report, ...people });
              }

it('the status never says one thing in its headline and another in its detail, whatever the stream reports', () => {
  expect(all.length).toBeGreaterThan(10_000);
  const contradictions = new Set(all.map((situation) => contradictionIn(statusOf(situation))));
  contradictions.delete(null);
  expect([...contradictions]).toEqual([]);
});

it('a detail keeps the sentences that agree with its headline', () => {
  const why = "You chose volunteers; brave-otter is helping. brave-otter is too slow for 'ultra' at this rate.";
  const [first] = all;
  if (!first) throw new Error('no situation');
  const shown = { ...first, volunteers: [volunteer()], report: streamReport({ why }) };
  expect(statusOf(shown)).toMatchObject({
    headline: 'brave-otter sharpens your frames.',
    detail: `Detail on 98 % of the frames. ${why}`,
  });
});
