import type * as Sdk from '../../web/sdk/p2c2r.ts';
import type { TaskOptions } from '../../web/sdk/types.ts';
import type { Variant } from '../bundles.ts';
import { type Load, ratePerS } from '../measuring.ts';

/** Connecting on a busy machine takes long. */
export const PATIENCE_MS = 60_000;

export const sleep = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

let connected: Sdk.GamerClient | undefined;

/** The SDK as the server serves it, or a variant of it. */
export function loadSdk(variant?: Variant): Promise<typeof Sdk> {
  // An address that the bundler cannot know: the server serves it.
  return import(/* @vite-ignore */ new URL(variant ? `/sdk-${variant}.js` : '/p2c2r.js', location.href).href);
}

/** This page's client. */
export function client(): Sdk.GamerClient {
  if (!connected) throw new Error('This page has not connected: call connect first.');
  return connected;
}

/** The room of pages that name none: each section has a server of its own. */
export const ROOM = 'bench';

/** Options of a client, with the variant of the SDK and the number of volunteers to wait for. */
export interface Joining extends Sdk.GamerOptions {
  variant?: Variant;
  volunteers?: number;
}

/** A new client, linked to its volunteers. */
export async function join({ volunteers = 1, variant, ...options }: Joining = {}): Promise<Sdk.GamerClient> {
  const { GamerClient } = await loadSdk(variant);
  const client = await GamerClient.connect({ room: ROOM, where: 'volunteers', iceServers: [], ...options });
  await client.whenReady({ volunteers, timeoutMs: PATIENCE_MS });
  return client;
}

/** Makes this page a gamer. */
export async function connect(options: Joining = {}): Promise<void> {
  connected = await join(options);
}

export async function close(): Promise<void> {
  await connected?.close();
  connected = undefined;
}

/** Payloads are numbered, so that no two of a page are equal and no cache can answer. */
let serial = 0;

/** @param sizeBytes - at least 4 */
export function freshBytes(sizeBytes: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(sizeBytes);
  new DataView(bytes.buffer).setUint32(0, ++serial);
  return bytes;
}

export function freshPicture(width: number, height: number) {
  const data = new Uint8ClampedArray(width * height * 4);
  for (let index = 0; index < data.length; index += 4) data[index] = index >> 4;
  for (let index = 3; index < data.length; index += 4) data[index] = 255;
  new DataView(data.buffer).setUint32(4, ++serial);
  return { width, height, data };
}

export const UNCACHED: TaskOptions = { cache: false };

export function taskEcho(sizeBytes: number, options?: TaskOptions) {
  return client().submitTask('echo', { bytes: freshBytes(sizeBytes) }, options).result;
}

export function batchEcho(options: TaskOptions = {}) {
  const items = Array.from({ length: BATCH }, () => ({
    type: 'echo' as const,
    input: { bytes: freshBytes(SIZE_BYTES) },
    options,
  }));
  const tasks = client().submitTasksBatch(items);
  return Promise.all(tasks.map(({ result }) => result));
}

/** Echoes of 1 kB in the sections echo and peerjs. */
export const SIZE_BYTES = 1_024;
export const BATCH = 16;
const LOAD: Load = { window: 32, durationMs: 500 };

/** Echoes a second, each sent by itself. */
export const singlePerS = (echo: () => Promise<unknown>) => () => ratePerS(LOAD, echo);

/** Echoes a second, in calls of {@link BATCH} of them. */
export const batchedPerS = (echo: () => Promise<unknown>) => async () =>
  BATCH * (await ratePerS({ ...LOAD, window: LOAD.window / BATCH }, echo));
