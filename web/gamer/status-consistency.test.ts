import { expect, it } from 'vitest';
import { MeshError } from '../../shared/errors.ts';
import { volunteer } from '../sdk/test-volunteer-info.ts';
import { type HelpForecast, SideChoice, type SideDecision } from '../stream/gamer/side-choice.ts';
import { explainStream, type StreamState } from '../stream/gamer/stream-messages.ts';
import { type StreamReason, type StreamReasonKind, toWhy } from '../stream/gamer/stream-reason.ts';
import type { StreamStats } from './client.ts';
import { type GamerSituation, gamerStatus, type Status } from './messages.ts';
import { streamReport } from './test-figures.ts';

/** What the choice of side says, as it says it. */
function decisions(): SideDecision[] {
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
function explanations(): StreamReason[][] {
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
  const all = decisions().flatMap((decision) =>
    locals.flatMap((each) =>
      pictures.map((shown) =>
        explainStream({
          ...{ decision, local: each, shown },
          ...{ frameError: null, reduced: null, chosen: 'ultra', nameOf: () => volunteer().name },
        }),
      ),
    ),
  );
  return [...new Map(all.map((reasons) => [toWhy(reasons), reasons])).values()];
}

const EXPLANATIONS = explanations();

/** What the frames of the last seconds were. */
const FIGURES: readonly Partial<Omit<StreamStats, 'why'>>[] = [
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

const all: GamerSituation[] = [];
for (const phase of ['online', 'reconnecting'] as const)
  for (const where of ['auto', 'volunteers', 'local'] as const)
    for (const volunteers of [[], [volunteer()]])
      for (const newcomers of volunteers.length > 0 ? [[], ['v1']] : [[]])
        for (const interrupted of [0, 1])
          for (const starting of [null, 'opening', 'measuring'] as const)
            for (const figures of FIGURES)
              for (const reasons of EXPLANATIONS) {
                const report = streamReport({ ...figures, reasons });
                const people = { volunteers, newcomers, interrupted, starting };
                all.push({ phase, where, isBroken: false, isPaused: false, report, ...people });
              }

it('the status never says one thing in its headline and another in its detail, whatever the stream reports', () => {
  expect(all.length).toBeGreaterThan(10_000);
  const contradictions = new Set(all.map((situation) => contradictionIn(gamerStatus(situation))));
  contradictions.delete(null);
  expect([...contradictions]).toEqual([]);
});

/** What a stream that runs may say of itself; the others are not about who sharpens. */
const SAID: Readonly<
  Record<Exclude<StreamReasonKind, 'source-ended' | 'frame-failed' | 'source-reduced' | 'volunteer-dropped'>, true>
> = {
  ...{ 'chosen-here': true, 'nothing-to-add': true, 'no-volunteer': true, 'here-meanwhile': true },
  ...{ 'getting-ready': true, helping: true, adds: true, 'adds-too-little': true },
  ...{ measuring: true, 'too-slow': true, 'cannot-sharpen': true, 'lower-quality': true },
};

it('the situations cover all that a stream says', () => {
  const said = new Set(EXPLANATIONS.flatMap((reasons) => reasons.map(({ kind }) => kind)));
  expect([...said].sort()).toEqual(Object.keys(SAID).sort());
});

const [first] = all;
const shownWith = (changes: Parameters<typeof streamReport>[0]): Status => {
  if (!first) throw new Error('no situation');
  return gamerStatus({ ...first, volunteers: [volunteer()], report: streamReport(changes) });
};

it('what is said depends on no word of a name or of an error', () => {
  const words = 'dr. Unsharpened. No volunteer is ready. is helping adds to measures how';
  const lowered = { kind: 'lower-quality', text: `${words} is too slow for 'ultra' at this rate.` } as const;
  const helped = { kind: 'helping', text: `You chose volunteers; ${words} is helping.` } as const;
  const detail = `Detail on 98 % of the frames. ${helped.text} ${lowered.text}`;
  expect(shownWith({ reasons: [helped, lowered] })).toMatchObject({
    headline: '“brave-otter” sharpens your frames.',
    detail,
  });
  const here = { running: 'local', codec: '', shares: [], localShare: 1 } as const;
  expect(shownWith({ ...here, shares: [], reasons: [helped, lowered] }).detail).toBe(lowered.text);
  const cannot = {
    kind: 'cannot-sharpen',
    text: 'This computer shows frames unsharpened: it adds to nothing.',
  } as const;
  const nobody = { running: 'local', codec: '', shares: [], localShare: 0, quality: null } as const;
  expect(shownWith({ ...nobody, shares: [], reasons: [cannot] })).toMatchObject({
    headline: 'Not sharpened: this computer cannot do it.',
    detail: cannot.text,
  });
});
