import type { Craft } from './craft.ts';

/** What a rival may talk about. */
export const RACE_EVENT_KINDS = ['overtook', 'overtaken', 'hit', 'touched', 'lead', 'last'] as const;

export interface RaceEvent {
  kind: (typeof RACE_EVENT_KINDS)[number];
  /** Number of the rival to whom it happened. */
  rival: number;
  /** Who else had a part in it: number of a rival, -1 for the player, null for nobody. */
  other: number | null;
  /** Place of the rival, from 1. */
  place: number;
}

/** Two craft that touch are this close, m. */
const TOUCH_M = { along: 5, across: 2.5 };
/** A craft that passes another must get this far ahead, m: side by side they change places many times a second. */
const CLEAR_M = 4;
/** Number of the player among the rivals. */
export const PLAYER = -1;

interface RacingCraft {
  player: Craft;
  rivals: readonly Craft[];
}

/** Notices what happens to rivals between two looks at the race. */
export class RaceEvents {
  /** By pair of craft: whether the first was clearly ahead when it last was clear. */
  readonly #ahead = new Map<string, boolean>();
  readonly #touching = new Set<string>();
  readonly #scraping = new Set<number>();
  readonly #places = new Map<number, number>();

  /** What happened since the last call; nothing at the first. */
  look({ player, rivals }: RacingCraft): RaceEvent[] {
    const all = [player, ...rivals].map((craft, n) => ({ craft, id: n - 1 }));
    const placeOf = (craft: Craft) => 1 + all.filter((other) => other.craft.distanceM > craft.distanceM).length;
    const events: RaceEvent[] = [];
    const tell = (kind: RaceEvent['kind'], rival: number, other: number | null) => {
      const craft = rivals[rival];
      if (craft) events.push({ kind, rival, other, place: placeOf(craft) });
    };
    for (const [n, one] of all.entries()) {
      for (const other of all.slice(n + 1)) this.#lookAtPair(one, other, tell);
      this.#lookAtOne(one.craft, one.id, { place: placeOf(one.craft), last: all.length }, tell);
    }
    return events;
  }

  #lookAtPair(one: Racing, other: Racing, tell: Tell): void {
    const key = `${one.id} ${other.id}`;
    const leadM = one.craft.distanceM - other.craft.distanceM;
    if (Math.abs(leadM) > CLEAR_M) {
      const isAhead = leadM > 0;
      const was = this.#ahead.get(key);
      this.#ahead.set(key, isAhead);
      if (was !== undefined && was !== isAhead) {
        const [first, second] = isAhead ? [one, other] : [other, one];
        tell('overtook', first.id, second.id);
        tell('overtaken', second.id, first.id);
      }
    }
    const acrossM = Math.abs(one.craft.lateralM - other.craft.lateralM);
    const isTouching = Math.abs(leadM) < TOUCH_M.along && acrossM < TOUCH_M.across;
    if (isTouching && !this.#touching.has(key)) tell('touched', other.id, one.id);
    if (isTouching) this.#touching.add(key);
    else this.#touching.delete(key);
  }

  #lookAtOne(craft: Craft, id: number, { place, last }: { place: number; last: number }, tell: Tell): void {
    if (id === PLAYER) return;
    const isScraping = craft.sinceScrapeS < 0.5;
    if (isScraping && !this.#scraping.has(id)) tell('hit', id, null);
    if (isScraping) this.#scraping.add(id);
    else this.#scraping.delete(id);
    const before = this.#places.get(id);
    this.#places.set(id, place);
    if (before === undefined || before === place) return;
    if (place === 1) tell('lead', id, null);
    else if (place === last) tell('last', id, null);
  }
}

interface Racing {
  craft: Craft;
  id: number;
}

type Tell = (kind: RaceEvent['kind'], rival: number, other: number | null) => void;
