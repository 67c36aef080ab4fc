import { GamerClient } from '../../web/sdk/gamer-client.ts';
import type { Wrtc } from './wrtc.ts';

/** Linking dozens of connections on a few busy cores takes its time. */
const PATIENCE_MS = 90_000;

/** The SDK's own client without a browser; it runs nothing itself, so it never starts the worker that Node has not. */
export async function connectGamer(url: string, room: string, volunteers: number, wrtc: Wrtc): Promise<GamerClient> {
  const client = await GamerClient.connect({ url, room, wrtc, where: 'volunteers', iceServers: [] });
  await client.whenReady({ volunteers, timeoutMs: PATIENCE_MS });
  return client;
}

export interface EchoFigures {
  perS: number;
  /** Volunteers that answered at least once. */
  busyVolunteers: number;
  wrong: number;
  /** Tasks that were answered by an error. */
  failed: number;
  /** Tasks that were answered by a result. */
  done: number;
}

/** Keeps `window` echo tasks outstanding for so long. */
export async function echoFor(
  client: GamerClient,
  { durationMs, sizeBytes, window }: { durationMs: number; sizeBytes: number; window: number },
): Promise<EchoFigures> {
  const startedMs = performance.now();
  const busy = new Set<string>();
  let serial = 0;
  let done = 0;
  let wrong = 0;
  let failed = 0;
  const lane = async () => {
    while (performance.now() - startedMs < durationMs) {
      const wanted = ++serial;
      const sent = new Uint8Array(sizeBytes);
      new DataView(sent.buffer).setUint32(0, wanted);
      const result = await client.submitTask('echo', { bytes: sent }).result.catch(() => null);
      if (!result) {
        failed++;
        continue;
      }
      const { bytes, timing } = result;
      const got = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getUint32(0);
      if (got !== wanted || bytes.byteLength !== sizeBytes) wrong++;
      busy.add(timing.ranOn);
      done++;
    }
  };
  await Promise.all(Array.from({ length: window }, lane));
  return { perS: (1_000 * done) / (performance.now() - startedMs), busyVolunteers: busy.size, wrong, failed, done };
}
