import { expect, test } from 'vitest';
import { MeshError } from '../../../shared/errors.ts';
import { explainStream, type StreamState } from './stream-messages.ts';

const why = 'Fresher from a volunteer.';
const state: StreamState = {
  decision: { running: 'volunteers', why },
  frameError: null,
  reduced: null,
  local: { isReady: true, error: null, isPassthrough: false, qualityError: null },
  chosen: 'quality',
  shown: null,
  nameOf: (id) => (id === 'v1' ? 'Vera' : null),
};
const shown = (outcome: NonNullable<StreamState['shown']>['outcome'], volunteerId: string | null = 'v1') =>
  explainStream({ ...state, shown: { outcome, volunteerId } });

test('the chosen quality needs no explanation', () => {
  expect(explainStream(state)).toBe(why);
  expect(shown({ quality: 'quality', downgradeReason: null })).toBe(why);
  // The user has just chosen another quality.
  expect(shown({ quality: 'spatial', downgradeReason: null })).toBe(why);
  expect(shown(null)).toBe(why);
});

test('a lower quality names the machine and the reason', () => {
  expect(shown({ quality: 'balanced', downgradeReason: 'too-slow' })).toBe(
    `${why} Vera is too slow for 'quality' at this rate: 'balanced' is shown.`,
  );
  expect(shown({ quality: 'spatial', downgradeReason: 'getting-ready' })).toContain("Vera is getting 'quality' ready");
  expect(shown({ quality: 'spatial', downgradeReason: 'not-available' }, 'gone')).toContain(
    "The volunteer cannot run 'quality' now: 'spatial' is shown.",
  );
});

test('a lower quality needs no explanation where none was promised', () => {
  for (const downgradeReason of ['too-slow', 'getting-ready', 'not-available'] as const) {
    const outcome = { quality: 'bicubic', downgradeReason } as const;
    expect(explainStream({ ...state, chosen: 'auto', shown: { outcome, volunteerId: 'v1' } })).toBe(why);
  }
});

test('the reason why this computer cannot run a quality is included', () => {
  const qualityError = new MeshError('unknown-model', 'No such model.');
  const explanation = explainStream({
    ...state,
    local: { ...state.local, qualityError },
    shown: { outcome: { quality: 'spatial', downgradeReason: 'not-available' }, volunteerId: null },
  });
  expect(explanation).toContain("This computer cannot run 'quality' now: 'spatial' is shown. No such model.");
});

test('a computer that is too slow for any quality says so while it shows frames unsharpened', () => {
  const decision = { running: 'local', why } as const;
  const explain = (isPassthrough: boolean) =>
    explainStream({
      ...state,
      decision,
      local: { ...state.local, isPassthrough },
      shown: { outcome: null, volunteerId: null },
    });
  expect(explain(true)).toContain('too slow to sharpen at this rate: frames are shown unsharpened');
  expect(explain(false)).toBe(why);
});

test('frames that are made smaller are mentioned beside what is done with them', () => {
  const reduced = { from: { width: 5120, height: 1440 }, to: { width: 4096, height: 1152 } };
  expect(explainStream({ ...state, reduced })).toBe(
    `${why} The source is too large: its frames of 5120x1440 are made smaller, 4096x1152.`,
  );
});

test('the more serious problem is explained', () => {
  const frameError = MeshError.badInput('Torn.');
  expect(explainStream({ ...state, frameError })).toBe('The newest frame cannot be used (bad-input): Torn.');
  const decision = { running: 'local', why: '' } as const;
  const local = { isReady: false, error: null, isPassthrough: false, qualityError: null };
  expect(explainStream({ ...state, decision, local })).toMatch(/^Getting ready/);
  expect(explainStream({ ...state, decision, local: { ...local, error: frameError } })).toContain('unsharpened: Torn.');
});
