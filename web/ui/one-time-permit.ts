/** Storage of this origin, which no foreign page can read or write. */
export type PermitStore = Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>;

/** Enough for a window to open and load on a slow machine; a permit that leaked later is worth nothing. */
export const PERMIT_VALID_MS = 60_000;

const KEY = 'p2c2r.permit';

/**
 * Lets another page of this origin do one thing without asking the person again. The permit is passed in the other page's address,
 * where anybody can write anything: what counts is that it is also in this origin's storage. There is one at a time; an unused one is
 * replaced.
 *
 * @param purpose - what it permits; a permit for anything else is refused
 * @param permit - unguessable, without spaces
 * @returns whether it was stored; if not, the other page asks
 */
export function grantPermit(store: PermitStore | null, purpose: string, permit: string, nowMs: number): boolean {
  try {
    store?.setItem(KEY, `${permit} ${nowMs} ${purpose}`);
    return store !== null;
  } catch {
    // The store is full or blocked.
    return false;
  }
}

/** Whether this permit was granted for this purpose, by a page of this origin, just now, and not used yet. It is used up by asking. */
export function takePermit(store: PermitStore | null, purpose: string, permit: string, nowMs: number): boolean {
  const [granted = '', grantedAtMs = '', ...words] = store?.getItem(KEY)?.split(' ') ?? [];
  if (granted === '' || granted !== permit) return false;
  store?.removeItem(KEY);
  const ageMs = nowMs - Number(grantedAtMs);
  return words.join(' ') === purpose && ageMs >= 0 && ageMs <= PERMIT_VALID_MS;
}
