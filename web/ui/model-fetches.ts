import { formatBytes } from './format.ts';

/** How the fetching of one file of a network stands, as the SDK tells it. */
export interface ModelFetch {
  model: string;
  /** A network has several, for several ways to compute; any one will do. */
  kind: string;
  state: 'fetching' | 'ready' | 'failed';
  loadedBytes: number;
  totalBytes: number;
  error?: { message: string };
  note?: string;
}

/** What a page says of them. */
export interface FetchWords {
  /** Empty when nothing is under way and nothing is to be known. */
  line: string;
  /** Null while every network can be had. */
  failure: { title: string; text: string } | null;
}

/** With what came last: the newest of each file counts. */
export function withFetch(fetches: readonly ModelFetch[], newest: ModelFetch): ModelFetch[] {
  return [...fetches.filter(({ model, kind }) => model !== newest.model || kind !== newest.kind), newest];
}

export function fetchWords(fetches: readonly ModelFetch[]): FetchWords {
  const fetching = fetches.filter(({ state }) => state === 'fetching');
  const had = new Set(fetches.filter(({ state }) => state !== 'failed').map(({ model }) => model));
  const failed = fetches.filter(({ model, state }) => state === 'failed' && !had.has(model));
  const notes = new Set(fetches.flatMap(({ note }) => note ?? []));
  return { line: fetching.length > 0 ? lineOf(fetching) : [...notes].join(' '), failure: failureOf(failed) };
}

function lineOf(fetching: readonly ModelFetch[]): string {
  const sum = (bytes: (fetch: ModelFetch) => number) => fetching.reduce((total, fetch) => total + bytes(fetch), 0);
  const [loadedBytes, totalBytes] = [sum((fetch) => fetch.loadedBytes), sum((fetch) => fetch.totalBytes)];
  return `Fetching ${theNetworks(fetching)}: ${formatBytes(loadedBytes)} of ${formatBytes(totalBytes)}`;
}

function failureOf(failed: readonly ModelFetch[]): FetchWords['failure'] {
  const [first] = failed;
  if (!first) return null;
  // Most often one thing is wrong with all of them.
  const text = `${first.error?.message ?? ''} The filters work as before.`.trimStart();
  return { title: `This machine goes without ${theNetworks(failed)}`, text };
}

const LIST = new Intl.ListFormat('en');

function theNetworks(fetches: readonly ModelFetch[]): string {
  // A network has a model for each kind of picture, `fast-smooth` and so on; people chose the network.
  const names = [...new Set(fetches.map(({ model }) => `‘${model.replace(/-\w+$/, '')}’`))];
  return `the network${names.length === 1 ? '' : 's'} ${LIST.format(names)}`;
}
