import wrtc from '@roamhq/wrtc';
import { GamerClient } from '../../web/sdk/gamer-client.ts';
import { type Load, ratePerS } from '../measuring.ts';

/** A gamer in a Node process: the SDK's own client without a browser. It computes nothing itself, so it never starts a worker. */

/** Connecting to dozens of volunteers on a few busy cores takes long. */
const PATIENCE_MS = 90_000;

let client: GamerClient | undefined;

/** @returns the number of volunteers that are linked */
export async function connect(options: { url: string; room: string; volunteers: number }): Promise<number> {
  const { url, room, volunteers } = options;
  client = await GamerClient.connect({ url, room, wrtc, where: 'volunteers', iceServers: [] });
  await client.whenReady({ volunteers, timeoutMs: PATIENCE_MS });
  return client.volunteers.length;
}

/** Keeps `window` echo tasks outstanding for that time. */
export async function echoFor({ sizeBytes, ...load }: Load & { sizeBytes: number }) {
  const busy = new Set<string>();
  const counts = { done: 0, wrong: 0, failed: 0 };
  let serial = 0;
  const ranPerS = await ratePerS(load, async () => {
    const expected = ++serial;
    const sent = new Uint8Array(sizeBytes);
    new DataView(sent.buffer).setUint32(0, expected);
    const result = await client?.submitTask('echo', { bytes: sent }).result.catch(() => null);
    if (!result) {
      counts.failed++;
      return;
    }
    const { bytes, timing } = result;
    const received = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getUint32(0);
    if (received !== expected || bytes.byteLength !== sizeBytes) counts.wrong++;
    busy.add(timing.ranOn);
    counts.done++;
  });
  return { ...counts, perS: (ranPerS * counts.done) / (counts.done + counts.failed), busyVolunteers: busy.size };
}
