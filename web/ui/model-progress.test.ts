import { expect, it } from 'vitest';
import { fetchStatus, type ModelFetch, withFetch } from './model-progress.tsx';

const fetchOf = (changes: Partial<ModelFetch>): ModelFetch => ({
  ...{ model: 'quality', kind: 'wgsl', state: 'fetching', loadedBytes: 120_000, totalBytes: 212_000 },
  ...changes,
});
const NETWORKS = ['quality', 'fast'];
const failed = { state: 'failed', error: { message: 'The server has none. Reload.' } } as const;

it('sums the progress of all files', () => {
  expect(fetchStatus([fetchOf({})])).toEqual({
    line: 'Fetching the network ‘quality’: 120 kB of 212 kB',
    failure: null,
  });
  const more = [
    fetchOf({}),
    fetchOf({ model: 'fast', loadedBytes: 1_000, totalBytes: 8_000 }),
    fetchOf({ kind: 'onnx' }),
  ];
  expect(fetchStatus(more).line).toBe('Fetching the networks ‘quality’ and ‘fast’: 241 kB of 432 kB');
  expect(fetchStatus([fetchOf({ state: 'ready' })])).toEqual({ line: '', failure: null });
  expect(fetchStatus([])).toEqual({ line: '', failure: null });
});

it('gives the reason for missing networks once', () => {
  const fetches = ['fast', 'balanced', 'quality'].map((model) => fetchOf({ model, ...failed }));
  expect(fetchStatus(fetches).failure).toEqual({
    title: 'The networks ‘fast’, ‘balanced’, and ‘quality’ cannot be used on this machine',
    text: 'The server has none. Reload. The filters still work.',
  });
});

it('reports no failure while another file of the same network is available or being fetched', () => {
  expect(fetchStatus([fetchOf(failed), fetchOf({ kind: 'onnx', state: 'ready' })]).failure).toBeNull();
  expect(fetchStatus([fetchOf(failed), fetchOf({ kind: 'onnx' })]).failure).toBeNull();
});

it('shows nothing of the models that other people name in their tasks', () => {
  const fetches = [fetchOf({})];
  for (const model of ['Reload and paste your key', 'https://evil.example/a.onnx', 'steering'])
    expect(withFetch(fetches, fetchOf({ model, ...failed }), NETWORKS)).toBe(fetches);
});

it('keeps the newest progress of each file', () => {
  const fetches = withFetch(
    [fetchOf(failed), fetchOf({ kind: 'onnx' })],
    fetchOf({ state: 'ready', note: 'No room.' }),
    NETWORKS,
  );
  expect(fetches).toHaveLength(2);
  expect(fetchStatus(fetches).failure).toBeNull();
  expect(fetchStatus(withFetch(fetches, fetchOf({ kind: 'onnx', state: 'ready' }), NETWORKS)).line).toBe('No room.');
});
