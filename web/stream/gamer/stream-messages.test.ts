import { expect, test } from 'vitest';
import { MeshError } from '../../../shared/errors.ts';
import { explainStream, type StreamState } from './stream-messages.ts';

const reason = { kind: 'adds', text: 'Fresher from a volunteer.' } as const;
const state: StreamState = {
  decision: { running: 'volunteers', reason },
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
  expect(explainStream(state)).toEqual([reason]);
  expect(shown({ quality: 'quality', downgradeReason: null })).toEqual([reason]);
  // The user has just chosen another quality.
  expect(shown({ quality: 'spatial', downgradeReason: null })).toEqual([reason]);
  expect(shown(null)).toEqual([reason]);
});

test('a lower quality names the machine and the reason', () => {
  expect(shown({ quality: 'balanced', downgradeReason: 'too-slow' })).toEqual([
    reason,
    { kind: 'lower-quality', text: "Vera is too slow for 'quality' at this rate: 'balanced' is shown." },
  ]);
  expect(shown({ quality: 'spatial', downgradeReason: 'getting-ready' })).toEqual([
    reason,
    { kind: 'lower-quality', text: "Vera is getting 'quality' ready: 'spatial' is shown meanwhile." },
  ]);
  expect(shown({ quality: 'spatial', downgradeReason: 'not-available' }, 'gone')).toEqual([
    reason,
    { kind: 'lower-quality', text: "The volunteer cannot run 'quality' now: 'spatial' is shown." },
  ]);
});

test('a lower quality needs no explanation where none was promised', () => {
  for (const downgradeReason of ['too-slow', 'getting-ready', 'not-available'] as const) {
    const outcome = { quality: 'bicubic', downgradeReason } as const;
    expect(explainStream({ ...state, chosen: 'auto', shown: { outcome, volunteerId: 'v1' } })).toEqual([reason]);
  }
});

test('the reason why this computer cannot run a quality is included', () => {
  const qualityError = new MeshError('unknown-model', 'No such model.');
  const explanation = explainStream({
    ...state,
    local: { ...state.local, qualityError },
    shown: { outcome: { quality: 'spatial', downgradeReason: 'not-available' }, volunteerId: null },
  });
  const text = "This computer cannot run 'quality' now: 'spatial' is shown. No such model.";
  expect(explanation).toEqual([reason, { kind: 'lower-quality', text }]);
});

test('a computer that is too slow for any quality says so while it shows frames unsharpened', () => {
  const decision = { running: 'local', reason } as const;
  const explain = (isPassthrough: boolean) =>
    explainStream({
      ...state,
      decision,
      local: { ...state.local, isPassthrough },
      shown: { outcome: null, volunteerId: null },
    });
  const text = expect.stringContaining('too slow to sharpen at this rate: frames are shown unsharpened');
  expect(explain(true)).toEqual([reason, { kind: 'too-slow', text }]);
  expect(explain(false)).toEqual([reason]);
});

test('frames that are made smaller are mentioned beside what is done with them', () => {
  const reduced = { from: { width: 5120, height: 1440 }, to: { width: 4096, height: 1152 } };
  const text = 'The source is too large: its frames of 5120x1440 are made smaller, 4096x1152.';
  expect(explainStream({ ...state, reduced })).toEqual([reason, { kind: 'source-reduced', text }]);
});

test('the more serious problem is explained', () => {
  const frameError = MeshError.badInput('Torn.');
  expect(explainStream({ ...state, frameError })).toEqual([
    { kind: 'frame-failed', text: 'The newest frame cannot be used (bad-input): Torn.' },
  ]);
  const decision = { running: 'local', reason } as const;
  const local = { isReady: false, error: null, isPassthrough: false, qualityError: null };
  expect(explainStream({ ...state, decision, local })).toEqual([
    { kind: 'measuring', text: expect.stringMatching(/^Getting ready/) },
  ]);
  expect(explainStream({ ...state, decision, local: { ...local, error: frameError } })).toEqual([
    { kind: 'cannot-sharpen', text: 'This computer shows frames unsharpened: Torn.' },
  ]);
});
