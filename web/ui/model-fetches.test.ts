import { expect, it } from 'vitest';
import { fetchWords, type ModelFetch, withFetch } from './model-fetches.ts';

const fetchOf = (changes: Partial<ModelFetch>): ModelFetch => ({
  ...{ model: 'quality-smooth', kind: 'wgsl', state: 'fetching', loadedBytes: 120_000, totalBytes: 212_000 },
  ...changes,
});
const failed = { state: 'failed', error: { message: 'The server has none. Reload.' } } as const;

it('tells what is fetched and how far it is, all files together', () => {
  expect(fetchWords([fetchOf({})])).toEqual({
    line: 'Fetching the network ‘quality’: 120 kB of 212 kB',
    failure: null,
  });
  const more = [
    fetchOf({}),
    fetchOf({ model: 'fast-smooth', loadedBytes: 1_000, totalBytes: 8_000 }),
    fetchOf({ kind: 'onnx' }),
  ];
  expect(fetchWords(more).line).toBe('Fetching the networks ‘quality’ and ‘fast’: 241 kB of 432 kB');
  expect(fetchWords([fetchOf({ state: 'ready' })])).toEqual({ line: '', failure: null });
  expect(fetchWords([])).toEqual({ line: '', failure: null });
});

it('says once why networks are missing, and what to do', () => {
  const fetches = ['fast', 'balanced', 'quality'].map((model) => fetchOf({ model, ...failed }));
  expect(fetchWords(fetches).failure).toEqual({
    title: 'This machine goes without the networks ‘fast’, ‘balanced’, and ‘quality’',
    text: 'The server has none. Reload. The filters work as before.',
  });
});

it('does not complain of a file while another of the same network is there or under way', () => {
  expect(fetchWords([fetchOf(failed), fetchOf({ kind: 'onnx', state: 'ready' })]).failure).toBeNull();
  expect(fetchWords([fetchOf(failed), fetchOf({ kind: 'onnx' })]).failure).toBeNull();
});

it('keeps the newest of each file', () => {
  const fetches = withFetch(
    [fetchOf(failed), fetchOf({ kind: 'onnx' })],
    fetchOf({ state: 'ready', note: 'No room.' }),
  );
  expect(fetches).toHaveLength(2);
  expect(fetchWords(fetches).failure).toBeNull();
  expect(fetchWords(withFetch(fetches, fetchOf({ kind: 'onnx', state: 'ready' }))).line).toBe('No room.');
});
