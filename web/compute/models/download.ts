import { sha256 } from 'hash-wasm';
import { concatBytes } from '../../../shared/bytes.ts';
import type { Clock } from '../../../shared/clock.ts';
import { CspViolations } from '../../../shared/csp-violations.ts';
import { MeshError } from '../../../shared/errors.ts';
import type { PartialFile } from './partial-downloads.ts';

/** Silence, ms, after which a download counts as dead: the slowest mobile network answers within seconds. */
export const STALL_TIMEOUT_MS = 15_000;
/** What must come in that time, bytes, of a file that is not complete: a host that sends less would hold a task up for days. Mobile networks send ten times as much. */
export const LEAST_BYTES_IN_TIME = 64 * 1024;

/** Statuses that say that the file will not come back. With any other what was kept of it stays: the host may be overloaded, or a proxy in its place. */
const GONE = [404, 410];

/** Advice for damaged files. */
export const RELOAD =
  'Reload the page, because the server may just have been updated. If that does not help, whoever runs it should deploy its models again.';

/** What is said of a download that fails. */
export interface DownloadFaults {
  /** The host answered with this status. */
  refused(status: number): MeshError;
  /** A web page came in place of the file. */
  isPage(): MeshError;
  /** Nothing came in time, or next to nothing. */
  silent(): MeshError;
  /** `fetch` rejected, or the body broke off. Browsers do not tell why, but for what the policy of the page stops. */
  broken(cause: unknown, isStoppedByPolicy: boolean): MeshError | Promise<MeshError>;
}

export interface DownloadOptions {
  fetch: typeof globalThis.fetch;
  clock: Clock;
  /** Name of the file in messages. */
  what: string;
  /** By default the file is of the server that this code came from. */
  faults?: DownloadFaults | undefined;
  /** Longest body that is read. */
  limitBytes: number;
  /** What is wrong with a longer one. */
  tooLong: () => MeshError;
  cache: RequestCache;
  /** Keeps what came of the file, and goes on there when it is downloaded again. */
  partial?: PartialFile | undefined;
  /** Called with the size of the whole file where the server tells it. It may throw. */
  onSize?: (sizeBytes: number) => void;
  /** Ends the download. */
  signal?: AbortSignal | undefined;
  /** Called with the bytes received so far. */
  onBytes?: (loadedBytes: number) => void;
  /** Called with the bytes of each part that was received. */
  onReceived?: ((newBytes: number) => void) | undefined;
}

/** Downloads a file. Throws MeshError: those of `faults`, that of `tooLong`, `cancelled`. */
export async function download(url: URL, options: DownloadOptions): Promise<Uint8Array<ArrayBuffer>> {
  const { clock, what, signal, faults = faultsOfServer(url, options.what) } = options;
  const ending = new AbortController();
  if (signal?.aborted) throw MeshError.cancelled(`The download of ${what}`);
  signal?.addEventListener('abort', () => ending.abort(), { signal: ending.signal });
  const policy = new CspViolations();
  let stopWaiting = () => {};
  const wait = () => {
    stopWaiting();
    stopWaiting = clock.after(STALL_TIMEOUT_MS, () => ending.abort());
  };
  wait();
  try {
    const { response, before } = await request(url, options, ending.signal);
    wait();
    if (!response.ok) {
      if (GONE.includes(response.status)) await options.partial?.clear();
      throw faults.refused(response.status);
    }
    // A captive portal's login page, or a host that answers every request with its start page.
    if (response.headers.get('content-type')?.startsWith('text/html')) throw faults.isPage();
    return await receive(response, before, options, wait);
  } catch (cause) {
    if (signal?.aborted) throw MeshError.cancelled(`The download of ${what}`);
    if (cause instanceof MeshError) throw cause;
    if (ending.signal.aborted) throw faults.silent();
    throw await faults.broken(cause, await policy.wasBlocked(url.host));
  } finally {
    stopWaiting();
    policy.dispose();
    // Stops the body of a response that is not used.
    ending.abort();
  }
}

/** Where it does not say so, `connection-failed`. */
function faultsOfServer({ origin }: URL, what: string): DownloadFaults {
  const failed = (message: string, cause?: unknown) => new MeshError('connection-failed', message, { cause });
  const broken = (why: string, cause?: unknown) =>
    failed(`${what} could not be fetched (${why}). Check this computer's connection, then reload the page.`, cause);
  return {
    refused: (status) =>
      failed(
        `The server has no ${what} (status ${status}). Reload the page later. If that does not help, whoever runs the server should check that its models are deployed.`,
      ),
    isPage: () =>
      failed(`A web page came in place of ${what}. If this network has a login page, log in, then reload this page.`),
    silent: () => broken('the server fell silent'),
    broken: (cause, isStoppedByPolicy) =>
      isStoppedByPolicy
        ? failed(`The page's Content-Security-Policy stops ${what}: its connect-src must allow ${origin}.`, cause)
        : broken(MeshError.from(cause).message, cause),
  };
}

interface Answered {
  response: Response;
  /** What was kept of the file: the answer is the rest. */
  before: Uint8Array[];
}

async function request(url: URL, { fetch, cache, partial }: DownloadOptions, signal: AbortSignal): Promise<Answered> {
  const kept = await partial?.kept();
  if (kept) {
    const headers = { Range: `bytes=${kept.sizeBytes}-`, ...(kept.etag && { 'If-Range': kept.etag }) };
    // A server of another origin may refuse such a request altogether.
    const response = await fetch(url, { cache, signal, headers }).catch(() => null);
    if (response?.status === 206 && isRest(response, kept.sizeBytes)) return { response, before: kept.parts };
    if (response?.status === 200) return { response, before: [] };
    await response?.body?.cancel();
  }
  return { response: await fetch(url, { cache, signal }), before: [] };
}

/** A page may not see the header of a server of another origin. */
function isRest({ headers }: Response, fromByte: number): boolean {
  return headers.get('content-range')?.startsWith(`bytes ${fromByte}-`) ?? true;
}

function sizeOf(parts: readonly Uint8Array[]): number {
  return parts.reduce((sum, { byteLength }) => sum + byteLength, 0);
}

async function receive(
  response: Response,
  before: readonly Uint8Array[],
  options: DownloadOptions,
  onPace: () => void,
): Promise<Uint8Array<ArrayBuffer>> {
  const { partial, onSize } = options;
  try {
    const sizeBytes = Number(response.headers.get('content-length') ?? 0);
    if (sizeBytes > 0) onSize?.(sizeOf(before) + sizeBytes);
    if (before.length === 0) await partial?.begin(response);
    const bytes = await readBody(response, before, options, onPace);
    await partial?.clear();
    return bytes;
  } catch (cause) {
    // Too large, and it will be the next time.
    if (cause instanceof MeshError) await partial?.clear();
    throw cause;
  }
}

async function readBody(
  { body }: Response,
  before: readonly Uint8Array[],
  { limitBytes, tooLong, partial, onBytes, onReceived }: DownloadOptions,
  onPace: () => void,
): Promise<Uint8Array<ArrayBuffer>> {
  const parts = [...before];
  let loadedBytes = sizeOf(before);
  let pacedBytes = loadedBytes;
  const reader = body?.getReader();
  try {
    for (let read = await reader?.read(); read?.value; read = await reader?.read()) {
      loadedBytes += read.value.byteLength;
      if (loadedBytes - pacedBytes >= LEAST_BYTES_IN_TIME) {
        pacedBytes = loadedBytes;
        onPace();
      }
      onReceived?.(read.value.byteLength);
      if (loadedBytes > limitBytes) throw tooLong();
      parts.push(read.value);
      await partial?.add(read.value);
      onBytes?.(loadedBytes);
    }
  } finally {
    // At the end there is nothing to cancel, and a broken body was already reported.
    reader?.cancel().catch(() => {});
  }
  return concatBytes(parts);
}

/** SHA-256 in hexadecimal. In WebAssembly where `crypto.subtle` is missing: that exists in secure contexts only. */
export async function sha256Hex(bytes: Uint8Array<ArrayBuffer>, subtle: SubtleCrypto | undefined): Promise<string> {
  if (!subtle) return sha256(bytes);
  const hash = new Uint8Array(await subtle.digest('SHA-256', bytes));
  return Array.from(hash, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
