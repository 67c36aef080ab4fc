// In place of what browsers lack that have all the pages need (browser-needs.ts): URL.canParse came with Chrome 120 and Safari 17,
// AbortSignal.timeout with Chrome 103.

/** Null for a text that is not an absolute URL. */
export function parseUrl(text: string): URL | null {
  try {
    return new URL(text);
  } catch {
    return null;
  }
}

/** Does some work whose signal aborts after `limitMs`. Rejects as the work does. */
export async function within<T>(limitMs: number, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const aborting = new AbortController();
  const timer = setTimeout(() => aborting.abort(), limitMs);
  try {
    return await work(aborting.signal);
  } finally {
    clearTimeout(timer);
  }
}
