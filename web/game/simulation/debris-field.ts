import { GAME_WORK } from '../tuning.ts';
import type { Craft } from './craft.ts';
import {
  endOf,
  ownStretch,
  type PhysicsBody,
  type PhysicsInput,
  type PhysicsResult,
  pieceAt,
  STRETCH_S,
  type Stretch,
  stretchOf,
  stretchTask,
} from './debris-physics.ts';
import { clamp, type Random, wrap } from './numbers.ts';
import { floorUnder, type Track } from './track.ts';

const PILES = 6;
/** A ship as a body: it carries rubble away and is not stopped by it. */
const SHIP = { radiusM: 1.35, massKg: 900, heightM: 0.8 } as const;
/** A ship whose middle is so near a heap's, across the road, drives into it. */
const HIT_ACROSS_M = 2.9;
/** Half a heap and half a ship. */
const HIT_ALONG_M = 2.8;
/** A heap begins to fall so long before it is hit, at most, where nothing flies yet. */
const EARLY_S = 0.06;
const FLIGHT_S = 3.5;
const SHRINK_S = 0.6;
/** After this the heap stands again: the race is elsewhere. */
const AWAY_S = 9;
/** What a piece keeps of its speed from one stretch to the next: air, and the road where it lies on it. */
const AIR_SHARE = 0.82;
const ROAD_SHARE = 0.6;
const BOUNCE_SHARE = 0.3;

/** What rubble must know of a ship. */
export type Ship = Pick<Craft, 'distanceM' | 'lateralM' | 'speedMps' | 'poseAt'>;

/** A heap that was driven into. */
interface Flight {
  pile: number;
  sinceS: number;
}

/** The next stretch of time, to be computed by whoever does it first. */
export interface StretchPlan {
  readonly fromS: number;
  readonly flights: readonly Flight[];
  readonly pieces: readonly PhysicsBody[];
  readonly ships: readonly PhysicsBody[];
}

/** A piece as it is drawn. */
export interface PieceView {
  place: [number, number, number];
  /** 0: not there. */
  size: number;
}

/**
 * Heaps of rubble on the road, and their pieces in the air once a ship drove into them. Where pieces go is computed a stretch ahead: by
 * others, who let them collide, or by the game, which does not, where no answer is there when the stretch begins.
 */
export class DebrisField {
  readonly #track: Track;
  readonly #piles: readonly DebrisPile[];
  /** Of each heap, when it stands again. */
  readonly #backAtS: number[];
  #running: { plan: StretchPlan; stretch: Stretch } | null = null;
  #plan: StretchPlan | null = null;
  #answer: Stretch | null = null;

  constructor(track: Track, random: Random) {
    this.#track = track;
    this.#piles = Array.from(
      { length: PILES },
      (_, index) => new DebrisPile(track, ((index + 0.3 + 0.4 * random()) / PILES) * track.lengthM, random),
    );
    this.#backAtS = this.#piles.map(() => Number.NEGATIVE_INFINITY);
  }

  get pieceCount(): number {
    return PILES * PIECES_PER_PILE;
  }

  /** What is to be computed now; the same object until its stretch begins. */
  get plan(): StretchPlan | null {
    return this.#plan;
  }

  taskOf({ pieces, ships }: StretchPlan): PhysicsInput {
    return stretchTask(pieces, ships);
  }

  /** The answer to a plan; of no use once its stretch has begun. */
  follow(plan: StretchPlan, result: PhysicsResult): void {
    if (plan === this.#plan) this.#answer = stretchOf(plan.fromS, plan.pieces, result);
  }

  step(timeS: number, ships: readonly Ship[]): void {
    this.#plan ??= this.#planned(timeS, ships);
    if (this.#plan && timeS >= this.#plan.fromS) this.#begin(this.#plan);
    else if (!this.#plan && this.#running && timeS >= this.#running.stretch.fromS + STRETCH_S) this.#running = null;
  }

  /** Every piece, heap after heap. */
  view(timeS: number): PieceView[] {
    return this.#piles.flatMap((pile, index) => this.#flown(index, timeS) ?? this.#standing(pile, index, timeS));
  }

  #begin(plan: StretchPlan): void {
    const stretch = this.#answer ?? ownStretch(plan.fromS, plan.pieces, plan.ships);
    this.#running = { plan, stretch };
    this.#plan = null;
    this.#answer = null;
    for (const { pile, sinceS } of plan.flights) this.#backAtS[pile] = sinceS + AWAY_S;
  }

  /** The stretch after the running one, or one that begins soon because a ship is about to hit a heap. Null: nothing moves. */
  #planned(timeS: number, ships: readonly Ship[]): StretchPlan | null {
    const running = this.#running;
    const fromS = running ? running.stretch.fromS + STRETCH_S : timeS + GAME_WORK.debrisLeadS;
    const withinS = running ? STRETCH_S : EARLY_S;
    const struck = this.#piles.flatMap((pile, index) => {
      const isHit =
        timeS >= (this.#backAtS[index] ?? 0) && ships.some((ship) => this.#hits(ship, pile, fromS - timeS, withinS));
      return isHit ? { pile: index, sinceS: fromS } : [];
    });
    const ongoing = running?.plan.flights.filter(({ sinceS }) => fromS - sinceS < FLIGHT_S) ?? [];
    const flights = [...ongoing, ...struck];
    if (flights.length === 0) return null;
    const pieces = flights.flatMap(({ pile }) => this.#settled(pile) ?? this.#piles[pile]?.bodies ?? []);
    return { fromS, flights, pieces, ships: ships.map((ship) => this.#bodyOf(ship, fromS - timeS)) };
  }

  /** Whether a ship that goes on as it goes comes upon a heap within `withinS` of `afterS` from now. */
  #hits(ship: Ship, pile: DebrisPile, afterS: number, withinS: number): boolean {
    const aheadM = wrap(pile.distanceM - ship.distanceM, this.#track.lengthM) - HIT_ALONG_M;
    const arrivesS = aheadM / Math.max(1, ship.speedMps) - afterS;
    return arrivesS >= 0 && arrivesS < withinS && Math.abs(ship.lateralM - pile.lateralM) < HIT_ACROSS_M;
  }

  #bodyOf(ship: Ship, afterS: number): PhysicsBody {
    const at = (aheadS: number) => {
      const { distanceM, lateralM } = ship.poseAt(aheadS);
      return this.#track.place(distanceM, lateralM, SHIP.heightM);
    };
    const [here, next] = [at(afterS), at(afterS + 0.01)];
    return {
      position: [here.x, here.y, here.z],
      velocity: [(next.x - here.x) / 0.01, (next.y - here.y) / 0.01, (next.z - here.z) / 0.01],
      radius: SHIP.radiusM,
      mass: SHIP.massKg,
    };
  }

  /** A heap's pieces at the end of the running stretch, stopped by road and air. Null: it is not in the air. */
  #settled(pile: number): PhysicsBody[] | null {
    const first = this.#firstOf(pile);
    if (first === null || !this.#running) return null;
    const { plan, stretch } = this.#running;
    const nearM = this.#piles[pile]?.distanceM ?? 0;
    return endOf(stretch, plan.pieces)
      .slice(first, first + PIECES_PER_PILE)
      .map(({ position: [x, y, z], velocity: [vx, vy, vz], radius, mass }) => {
        const lowestY = floorUnder(this.#track, x, z, nearM).y + radius;
        const isLying = y <= lowestY;
        const share = AIR_SHARE * (isLying ? ROAD_SHARE : 1);
        const upMps = isLying ? Math.abs(vy) * BOUNCE_SHARE : vy;
        return {
          position: [x, Math.max(y, lowestY), z],
          velocity: [vx * share, upMps * share, vz * share],
          ...{ radius, mass },
        };
      });
  }

  /** Where a heap's pieces begin among those of the running stretch. */
  #firstOf(pile: number): number | null {
    const at = this.#running?.plan.flights.findIndex((flight) => flight.pile === pile) ?? -1;
    return at < 0 ? null : at * PIECES_PER_PILE;
  }

  #flown(pile: number, timeS: number): PieceView[] | null {
    const first = this.#firstOf(pile);
    if (first === null || !this.#running) return null;
    const { plan, stretch } = this.#running;
    const sinceS = plan.flights.find((flight) => flight.pile === pile)?.sinceS ?? timeS;
    const size = clamp((FLIGHT_S - (timeS - sinceS)) / SHRINK_S, 0, 1);
    const nearM = this.#piles[pile]?.distanceM ?? 0;
    return Array.from({ length: PIECES_PER_PILE }, (_, piece) => {
      const [x, y, z] = pieceAt(stretch, first + piece, timeS);
      // Between two stretches a piece may sink into the road, which the stretch knows nothing of.
      return { place: [x, Math.max(y, floorUnder(this.#track, x, z, nearM).y + PIECE.radiusM), z], size };
    });
  }

  #standing(pile: DebrisPile, index: number, timeS: number): PieceView[] {
    const size = timeS >= (this.#backAtS[index] ?? 0) ? 1 : 0;
    return pile.bodies.map(({ position }) => ({ place: position, size }));
  }
}

export const PIECE = { radiusM: 0.42, massKg: 30 } as const;
/** From the bottom: a pyramid on its side of the road. */
const LAYERS = [3, 2, 1] as const;
/** Of three by three, two by two and one. */
export const PIECES_PER_PILE = 14;

/** A heap of rubble on the road, as it stands before anybody drives into it. */
export class DebrisPile {
  readonly distanceM: number;
  readonly lateralM: number;
  /** Its pieces, at rest. */
  readonly bodies: readonly PhysicsBody[];

  constructor(track: Track, distanceM: number, random: Random) {
    this.distanceM = distanceM;
    this.lateralM = (random() < 0.5 ? -1 : 1) * (2.5 + random() * 2.5);
    this.bodies = this.#stack(track);
  }

  #stack(track: Track): PhysicsBody[] {
    const gapM = 2 * PIECE.radiusM * 1.02;
    return LAYERS.flatMap((side, layer) =>
      Array.from({ length: side * side }, (_, index): PhysicsBody => {
        const along = ((index % side) - (side - 1) / 2) * gapM;
        const across = (Math.floor(index / side) - (side - 1) / 2) * gapM;
        const heightM = PIECE.radiusM + layer * gapM * 0.75;
        const { x, y, z } = track.place(this.distanceM + along, this.lateralM + across, heightM);
        return { position: [x, y, z], velocity: [0, 0, 0], radius: PIECE.radiusM, mass: PIECE.massKg };
      }),
    );
  }
}
