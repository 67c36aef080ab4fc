import { systemClock } from '../../shared/clock.ts';
import { MeshError } from '../../shared/errors.ts';
import type { VolunteerInfo } from './types.ts';

interface LinkedClient extends Pick<EventTarget, 'addEventListener'> {
  readonly state: string;
  readonly volunteers: readonly VolunteerInfo[];
}

/** Enough for a volunteer to open a page and be measured. */
const DEFAULT_TIMEOUT_MS = 30_000;

/**
 * Resolves when a client has links to this many volunteers. Throws MeshError `no-volunteer` when they did not come in time, with the last error
 * of the room where there was one, and `closed` when the client is closed meanwhile.
 */
export function whenVolunteersLinked(
  client: LinkedClient,
  { volunteers: wanted = 1, timeoutMs = DEFAULT_TIMEOUT_MS }: { volunteers?: number; timeoutMs?: number },
  lastError: () => MeshError | null,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const listening = new AbortController();
    const settle = (error: MeshError | null) => {
      listening.abort();
      cancelTimer();
      if (error) reject(error);
      else resolve();
    };
    const check = () => {
      if (client.state === 'closed') settle(MeshError.closed('The client'));
      else if (client.volunteers.length >= wanted) settle(null);
    };
    const timedOut = () => {
      const found = `${client.volunteers.length} of ${wanted} volunteers were linked within ${Math.round(timeoutMs / 100) / 10} s.`;
      const advice = 'Send somebody the invite link, or allow tasks to run locally.';
      const cause = lastError();
      const why = cause ? ` The last error: ${cause.message}` : '';
      settle(new MeshError('no-volunteer', `${found} ${advice}${why}`));
    };
    const cancelTimer = systemClock.after(timeoutMs, timedOut);
    client.addEventListener('volunteers', check, { signal: listening.signal });
    client.addEventListener('state', check, { signal: listening.signal });
    check();
  });
}
