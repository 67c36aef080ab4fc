import { sha256 } from 'hash-wasm';
import { concatBytes } from '../../../shared/bytes.ts';
import type { Clock } from '../../../shared/clock.ts';
import { MeshError } from '../../../shared/errors.ts';

/** Silence, ms, after which a download counts as dead: the slowest mobile network answers within seconds. */
export const STALL_TIMEOUT_MS = 15_000;

/** Advice for damaged files. */
export const RELOAD =
  'Reload the page, because the server may just have been updated. If that does not help, whoever runs it should deploy its models again.';

export interface DownloadOptions {
  fetch: typeof globalThis.fetch;
  clock: Clock;
  /** Name of the file in messages. */
  what: string;
  /** Longest body that is read. */
  limitBytes: number;
  /** What is wrong with a longer one. */
  tooLong: () => MeshError;
  cache: RequestCache;
  /** Ends the download. */
  signal?: AbortSignal | undefined;
  /** Called with the bytes received so far. */
  onBytes?: (loadedBytes: number) => void;
  /** Called with the bytes of each part that was received. */
  onReceived?: ((newBytes: number) => void) | undefined;
}

/** Downloads a file. Throws MeshError: `connection-failed` with advice, that of `tooLong`, `cancelled`. */
export async function download(url: URL, options: DownloadOptions): Promise<Uint8Array<ArrayBuffer>> {
  const { fetch, clock, what, cache, signal } = options;
  const ending = new AbortController();
  if (signal?.aborted) throw MeshError.cancelled(`The download of ${what}`);
  signal?.addEventListener('abort', () => ending.abort(), { signal: ending.signal });
  let stopWaiting = () => {};
  const wait = () => {
    stopWaiting();
    stopWaiting = clock.after(STALL_TIMEOUT_MS, () => ending.abort());
  };
  wait();
  try {
    const response = await fetch(url, { cache, signal: ending.signal });
    checkAnswer(response, what);
    return await readBody(response, options, wait);
  } catch (cause) {
    if (signal?.aborted) throw MeshError.cancelled(`The download of ${what}`);
    if (cause instanceof MeshError) throw cause;
    throw broken(what, ending.signal.aborted ? 'the server fell silent' : MeshError.from(cause).message, cause);
  } finally {
    stopWaiting();
    // Stops the body of a response that is not used.
    ending.abort();
  }
}

function checkAnswer({ ok, status, headers }: Response, what: string): void {
  if (!ok) {
    throw new MeshError(
      'connection-failed',
      `The server has no ${what} (status ${status}). Reload the page later. If that does not help, whoever runs the server should check that its models are deployed.`,
    );
  }
  // A captive portal's login page, or a host that answers every request with its start page.
  if (headers.get('content-type')?.startsWith('text/html')) {
    throw new MeshError(
      'connection-failed',
      `A web page came in place of ${what}. If this network has a login page, log in, then reload this page.`,
    );
  }
}

async function readBody(
  { body }: Response,
  { limitBytes, tooLong, onBytes, onReceived }: DownloadOptions,
  onSign: () => void,
): Promise<Uint8Array<ArrayBuffer>> {
  const parts: Uint8Array[] = [];
  let loadedBytes = 0;
  const reader = body?.getReader();
  try {
    for (let read = await reader?.read(); read?.value; read = await reader?.read()) {
      onSign();
      loadedBytes += read.value.byteLength;
      onReceived?.(read.value.byteLength);
      if (loadedBytes > limitBytes) throw tooLong();
      parts.push(read.value);
      onBytes?.(loadedBytes);
    }
  } finally {
    // At the end there is nothing to cancel, and a broken body was already reported.
    reader?.cancel().catch(() => {});
  }
  return concatBytes(parts);
}

function broken(what: string, why: string, cause: unknown): MeshError {
  return new MeshError(
    'connection-failed',
    `${what} could not be fetched (${why}). Check this computer's connection, then reload the page.`,
    { cause },
  );
}

/** SHA-256 in hexadecimal. In WebAssembly where `crypto.subtle` is missing: that exists in secure contexts only. */
export async function sha256Hex(bytes: Uint8Array<ArrayBuffer>, subtle: SubtleCrypto | undefined): Promise<string> {
  if (!subtle) return sha256(bytes);
  const hash = new Uint8Array(await subtle.digest('SHA-256', bytes));
  return Array.from(hash, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
