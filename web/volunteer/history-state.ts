import { effect, type ReadonlySignal } from '@preact/signals';
import type { Invite } from '../../shared/invite.ts';
import { z } from '../../shared/zod.ts';

/** Where a volunteer helps. Null: in the open lobby. */
export interface Helping {
  invite: Invite | null;
}

const leftSchema = z.object({
  helping: z.object({ invite: z.object({ room: z.string(), token: z.string().optional() }).nullable() }),
});

/**
 * Keeps where this page helps in its entry of the tab's history: the browser may drop a page that the person leaves, and load it again on
 * the way back. No address and no other site makes or reads such an entry.
 */
export function keepInHistoryState(helping: ReadonlySignal<Helping | null>): void {
  const keep = () => effect(() => history.replaceState(helping.value && { helping: helping.value }, ''));
  let stop = keep();
  // A page that is left stops helping, but not because the person said so.
  addEventListener('pagehide', () => stop());
  addEventListener('pageshow', ({ persisted }) => {
    if (persisted) stop = keep();
  });
}

/** Where this page helped when the person left it; null unless they have just come back by the browser's history. */
export function helpingBefore(state: unknown, arrival: string | undefined): Helping | null {
  if (arrival !== 'back_forward') return null;
  const left = leftSchema.safeParse(state);
  if (!left.success) return null;
  const { invite } = left.data.helping;
  return { invite: invite && { room: invite.room, ...(invite.token !== undefined && { token: invite.token }) } };
}

/** How the page was reached, such as `navigate`, `reload` or `back_forward`. */
export function arrivalOf(timeline: Pick<Performance, 'getEntriesByType'>): string | undefined {
  const [entry] = timeline.getEntriesByType('navigation');
  return (entry as PerformanceNavigationTiming | undefined)?.type;
}
