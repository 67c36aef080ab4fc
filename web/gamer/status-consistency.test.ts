import { expect, it } from 'vitest';
import { MeshError } from '../../shared/errors.ts';
import { volunteer } from '../sdk/test-volunteer-info.ts';
import { type Decision, type HelpForecast, SideChoice } from '../stream/gamer/side-choice.ts';
import { explainStream, type StreamState } from '../stream/gamer/stream-messages.ts';
import type { StreamStats } from './client.ts';
import { type Situation, type Status, statusOf } from './messages.ts';
import { streamReport } from './test-figures.ts';

/** What the choice of side says, as it says it. */
function decisions(): Decision[] {
  const dotted: HelpForecast = { name: volunteer().name, quality: null, downlinkKbps: 8_000, inTimeShare: 1 };
  const slow: HelpForecast = { ...dotted, quality: 'fast', inTimeShare: 0 };
  const better: HelpForecast = { ...dotted, quality: 'quality', downlinkKbps: 50_000 };
  const usual = { where: 'auto', transport: 'detail', quality: 'auto', nowMs: 0 } as const;
  return [
    { ...usual, where: 'local', localQuality: null, volunteer: null } as const,
    { ...usual, quality: 'bicubic', localQuality: null, volunteer: null } as const,
    { ...usual, where: 'volunteers', localQuality: null, volunteer: null } as const,
    { ...usual, localQuality: null, volunteer: null },
    { ...usual, where: 'volunteers', localQuality: null, volunteer: dotted } as const,
    { ...usual, transport: 'picture', localQuality: null, volunteer: dotted } as const,
    { ...usual, localQuality: null, volunteer: dotted },
    { ...usual, localQuality: 'spatial', volunteer: dotted } as const,
    { ...usual, localQuality: 'spatial', volunteer: slow } as const,
    { ...usual, localQuality: 'spatial', volunteer: better } as const,
  ].map((situation) => new SideChoice().decide(situation));
}

/** Every explanation of a stream, as {@link explainStream} makes it. */
function explanations(): string[] {
  const error = new MeshError('unsupported-browser', 'It lacks WebAssembly.');
  const local = { isReady: true, error: null, isPassthrough: false, qualityError: null };
  const locals = [
    local,
    { ...local, isPassthrough: true },
    { ...local, isReady: false },
    { ...local, isReady: false, error },
  ];
  const lowered = { quality: 'quality', downgradeReason: 'too-slow' } as const;
  const pictures: readonly StreamState['shown'][] = [
    null,
    { outcome: null, volunteerId: null },
    { outcome: lowered, volunteerId: 'v1' },
  ];
  const whys = decisions().flatMap((decision) =>
    locals.flatMap((each) =>
      pictures.map((shown) =>
        explainStream({
          ...{ decision, local: each, shown },
          ...{ frameError: null, reduced: null, chosen: 'ultra', nameOf: () => volunteer().name },
        }),
      ),
    ),
  );
  return [...new Set(whys)];
}

const WHYS = explanations();

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
  [/measuring its machine|Opening a volunteer|getting ready to help/, /no volunteer|nobody|is helping[.;]/i],
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
          for (const starting of [null, 'opening', 'measuring'] as const)
            for (const figures of FIGURES)
              for (const why of WHYS) {
                const report = streamReport({ ...figures, why });
                const people = { volunteers, newcomers, interrupted, starting };
                all.push({ phase, where, isBroken: false, isPaused: false, report, ...people });
              }

it('the status never says one thing in its headline and another in its detail, whatever the stream reports', () => {
  expect(all.length).toBeGreaterThan(10_000);
  const contradictions = new Set(all.map((situation) => contradictionIn(statusOf(situation))));
  contradictions.delete(null);
  expect([...contradictions]).toEqual([]);
});

it('the situations cover all that a stream says', () => {
  const said = WHYS.join(' ');
  for (const part of [
    ...['You chose to sharpen frames on this', 'only enlarges', 'only enlarged meanwhile', 'does what it can'],
    ...['You chose volunteers', 'not known yet', 'getting ready to help', 'would add too little', 'adds to'],
    ...['shows frames unsharpened', 'measures how', 'too slow to sharpen', 'too slow for'],
  ]) {
    expect(said).toContain(part);
  }
});

it('a dot in a name ends no sentence', () => {
  const [first] = all;
  if (!first) throw new Error('no situation');
  const why = "Detail by 'quality' from dr.who adds to 'spatial' on this computer.";
  const here: Partial<StreamStats> = { running: 'local', codec: '', shares: [], localShare: 1 };
  expect(statusOf({ ...first, report: streamReport({ ...here, why }) }).detail).toBe('');
});

it('a detail keeps the sentences that agree with its headline', () => {
  const why = "You chose volunteers; brave-otter is helping. brave-otter is too slow for 'ultra' at this rate.";
  const [first] = all;
  if (!first) throw new Error('no situation');
  const shown = { ...first, volunteers: [volunteer()], report: streamReport({ why }) };
  expect(statusOf(shown)).toMatchObject({
    headline: '“brave-otter” sharpens your frames.',
    detail: `Detail on 98 % of the frames. ${why}`,
  });
});
