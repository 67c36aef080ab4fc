import { SortedList } from '../../signaling-server/lobby/sorted-list.ts';
import { isOfUse, type TaskSet } from '../../signaling-server/lobby/suitability.ts';

interface Place<T> {
  readonly item: T;
  readonly nth: number;
  readonly kind: TaskSet;
}

const byTurn = (one: Place<unknown>, other: Place<unknown>) => one.nth - other.nth;

/** Items that wait for their turn, the longest first; those of one kind are found past all others. */
export class Line<T> {
  readonly #places = new Map<T, Place<T>>();
  readonly #lines = new Map<TaskSet, SortedList<Place<T>>>();
  #count = 0;

  /** To its end, unless it is in it already. */
  join(item: T, kind: TaskSet): void {
    if (this.#places.has(item)) return;
    const place = { item, kind, nth: this.#count++ };
    this.#places.set(item, place);
    const line = this.#lines.get(kind) ?? new SortedList<Place<T>>(byTurn);
    this.#lines.set(kind, line);
    line.add(place);
  }

  leave(item: T): void {
    const place = this.#places.get(item);
    if (!place) return;
    this.#places.delete(item);
    this.#lines.get(place.kind)?.delete(place);
  }

  /** The first of those that are of use to whoever needs these, and wanted. */
  firstOfUse(needs: TaskSet, isWanted: (item: T) => boolean): T | null {
    return this.#first((can) => isOfUse(can, needs), isWanted);
  }

  /** The first of those that could use one who can do these, and are wanted. */
  firstInNeed(can: TaskSet, isWanted: (item: T) => boolean): T | null {
    return this.#first((needs) => isOfUse(can, needs), isWanted);
  }

  #first(isKind: (kind: TaskSet) => boolean, isWanted: (item: T) => boolean): T | null {
    let first: Place<T> | undefined;
    for (const [kind, line] of this.#lines) {
      const its = isKind(kind) ? line.first(({ item }) => isWanted(item)) : undefined;
      if (its && (!first || its.nth < first.nth)) first = its;
    }
    return first?.item ?? null;
  }
}
