import { within } from '../../shared/older-browsers.ts';
import { type Offers, offersSchema } from '../../shared/server-status.ts';

/** A start waits for the answer; a server that takes longer is away. */
const LIMIT_MS = 5_000;

/** What the server of this page offers. Nothing when it is unreachable; joining then reports that. */
export async function serverOffers(): Promise<Offers> {
  try {
    return await within(LIMIT_MS, async (signal) => {
      const response = await fetch(new URL('healthz', location.href), { signal });
      return offersSchema.parse(await response.json());
    });
  } catch {
    return { lobby: false, relay: false };
  }
}
