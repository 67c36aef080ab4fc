import { expect, test } from 'vitest';
import { MeshError } from '../../../shared/errors.ts';
import { type StreamState, streamWords } from './stream-messages.ts';

const why = 'Fresher from a volunteer.';
const state: StreamState = {
  decision: { running: 'volunteers', why },
  frameError: null,
  local: { isReady: true, error: null, qualityError: null },
  chosen: 'quality',
  shown: null,
  nameOf: (id) => (id === 'v1' ? 'Vera' : null),
};
const shown = (made: NonNullable<StreamState['shown']>['made'], volunteerId: string | null = 'v1') =>
  streamWords({ ...state, shown: { made, volunteerId } });

test('a quality that is what was chosen needs no words', () => {
  expect(streamWords(state)).toBe(why);
  expect(shown({ quality: 'quality', lowered: null })).toBe(why);
  // Chosen a moment ago.
  expect(shown({ quality: 'spatial', lowered: null })).toBe(why);
  expect(shown(null)).toBe(why);
});

test('a lower one says whose machine it is, and why', () => {
  expect(shown({ quality: 'balanced', lowered: 'too-slow' })).toBe(
    `${why} Vera is too slow for 'quality' at this rate: 'balanced' is shown.`,
  );
  expect(shown({ quality: 'spatial', lowered: 'getting-ready' })).toContain("Vera is getting 'quality' ready");
  expect(shown({ quality: 'spatial', lowered: 'not-available' }, 'gone')).toContain(
    "The volunteer cannot run 'quality' now: 'spatial' is shown.",
  );
});

test('this computer knows why it cannot', () => {
  const qualityError = new MeshError('unknown-model', 'No such model.');
  const words = streamWords({
    ...{ ...state, local: { ...state.local, qualityError } },
    shown: { made: { quality: 'spatial', lowered: 'not-available' }, volunteerId: null },
  });
  expect(words).toContain("This computer cannot run 'quality' now: 'spatial' is shown. No such model.");
});

test('what is worse comes first', () => {
  const frameError = MeshError.badInput('Torn.');
  expect(streamWords({ ...state, frameError })).toBe('The newest frame cannot be used (bad-input): Torn.');
  const decision = { running: 'local', why: '' } as const;
  const local = { isReady: false, error: null, qualityError: null };
  expect(streamWords({ ...state, decision, local })).toMatch(/^Getting ready/);
  expect(streamWords({ ...state, decision, local: { ...local, error: frameError } })).toContain('unsharpened: Torn.');
});
