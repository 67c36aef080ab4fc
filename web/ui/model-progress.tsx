import { formatBytes } from './format.ts';
import { Notice } from './layout.tsx';

/** Progress of fetching one file of a network, as the SDK reports it. */
export interface ModelFetch {
  model: string;
  /** The backend that the file is for. A network has several files; any one is enough. */
  kind: string;
  state: 'fetching' | 'ready' | 'failed';
  loadedBytes: number;
  totalBytes: number;
  error?: { message: string };
  note?: string;
}

/** The status of all fetches, for people. */
export interface FetchStatus {
  /** Empty when there is nothing to report. */
  line: string;
  /** Null while every network is available. */
  failure: { title: string; text: string } | null;
}

/**
 * Adds the newest progress of a file in place of its previous one. Models of `infer` tasks are left out: another person chose their names,
 * and may choose any number of them.
 *
 * @param networks - names of the networks' models.
 */
export function withFetch(
  fetches: readonly ModelFetch[],
  newest: ModelFetch,
  networks: readonly string[],
): readonly ModelFetch[] {
  if (!networks.includes(newest.model)) return fetches;
  return [...fetches.filter(({ model, kind }) => model !== newest.model || kind !== newest.kind), newest];
}

export function fetchStatus(fetches: readonly ModelFetch[]): FetchStatus {
  const fetching = fetches.filter(({ state }) => state === 'fetching');
  const available = new Set(fetches.filter(({ state }) => state !== 'failed').map(({ model }) => model));
  const failed = fetches.filter(({ model, state }) => state === 'failed' && !available.has(model));
  const notes = new Set(fetches.flatMap(({ note }) => note ?? []));
  return { line: fetching.length > 0 ? lineOf(fetching) : [...notes].join(' '), failure: failureOf(failed) };
}

function lineOf(fetching: readonly ModelFetch[]): string {
  const sum = (bytes: (fetch: ModelFetch) => number) => fetching.reduce((total, fetch) => total + bytes(fetch), 0);
  const [loadedBytes, totalBytes] = [sum((fetch) => fetch.loadedBytes), sum((fetch) => fetch.totalBytes)];
  return `Fetching ${theNetworks(fetching)}: ${formatBytes(loadedBytes)} of ${formatBytes(totalBytes)}`;
}

function failureOf(failed: readonly ModelFetch[]): FetchStatus['failure'] {
  const [first] = failed;
  if (!first) return null;
  // Usually all of them fail for the same reason.
  const text = `${first.error?.message ?? ''} The filters still work.`.trimStart();
  return { title: `${capitalised(theNetworks(failed))} cannot be used on this machine`, text };
}

function capitalised(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

const LIST = new Intl.ListFormat('en');

function theNetworks(fetches: readonly ModelFetch[]): string {
  const names = [...new Set(fetches.map(({ model }) => `‘${model}’`))];
  return `the network${names.length === 1 ? '' : 's'} ${LIST.format(names)}`;
}

/** Progress of the networks that this machine fetches, and a notice about those that failed. */
export function ModelProgress({ fetches }: { fetches: readonly ModelFetch[] }) {
  const { line, failure } = fetchStatus(fetches);
  return (
    <>
      {line && (
        <p class="soft small" data-testid="models">
          {line}
        </p>
      )}
      {failure && <Notice title={failure.title} text={failure.text} />}
    </>
  );
}
