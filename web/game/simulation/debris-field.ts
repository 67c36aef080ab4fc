import type { Craft } from './craft.ts';
import {
  endOfStretch,
  LOOKAHEAD_S,
  ownStretch,
  type PhysicsBody,
  type PhysicsInput,
  type PhysicsResult,
  pieceAt,
  type Stretch,
  stretchOf,
  stretchTask,
} from './debris-physics.ts';
import { clamp, type Random, wrap } from './numbers.ts';
import { floorUnder, type Track } from './track.ts';

/** Rubble is computed this long before a ship hits it, which leaves time for a result from nearby. */
const LEAD_S = 0.08;

const PILES = 6;
/** A ship as a physics body. It is so heavy that rubble does not stop it. */
const SHIP = { radiusM: 1.35, massKg: 900, heightM: 0.8 } as const;
/** A ship hits a heap when their middles are this close, across the road. */
const HIT_ACROSS_M = 2.9;
/** The same along the road: half a heap and half a ship. */
const HIT_ALONG_M = 2.8;
/** Where nothing flies yet, a heap begins to fall at most this long before it is hit. */
const EARLY_S = 0.06;
const FLIGHT_S = 3.5;
const SHRINK_S = 0.6;
/** After this the heap stands again, since the race is elsewhere. */
const AWAY_S = 9;
/** Share of its speed that a piece keeps from one stretch to the next, in the air and when it lies on the road. */
const AIR_SHARE = 0.82;
const ROAD_SHARE = 0.6;
const BOUNCE_SHARE = 0.3;

/** The properties of a ship that rubble reacts to. */
export type Ship = Pick<Craft, 'distanceM' | 'lateralM' | 'speedMps' | 'poseAt'>;

/** A heap that a ship drove into. */
interface Flight {
  pile: number;
  sinceS: number;
}

/** The next stretch of time to compute. */
export interface StretchPlan {
  readonly fromS: number;
  readonly flights: readonly Flight[];
  readonly pieces: readonly PhysicsBody[];
  readonly ships: readonly PhysicsBody[];
}

/** How a piece is drawn. */
export interface PieceView {
  place: [number, number, number];
  /** 0 to 1; 0 is invisible. */
  size: number;
}

/**
 * Heaps of rubble on the road, and their pieces in the air once a ship has driven into them. Movement is computed one stretch of time
 * ahead: by a task, in which pieces collide, or by the game, in which they do not, when no result is there in time.
 */
export class DebrisField {
  readonly #track: Track;
  readonly #piles: readonly DebrisPile[];
  /** When each heap stands again. */
  readonly #backAtS: number[];
  #running: { plan: StretchPlan; stretch: Stretch } | null = null;
  #plan: StretchPlan | null = null;
  #result: Stretch | null = null;

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

  /** The stretch to compute now; the same object until it begins. */
  get plan(): StretchPlan | null {
    return this.#plan;
  }

  taskOf({ pieces, ships }: StretchPlan): PhysicsInput {
    return stretchTask(pieces, ships);
  }

  /** Takes the result for a plan. Ignored once the stretch has begun. */
  follow(plan: StretchPlan, result: PhysicsResult): void {
    if (plan === this.#plan) this.#result = stretchOf(plan.fromS, plan.pieces, result);
  }

  step(timeS: number, ships: readonly Ship[]): void {
    this.#plan ??= this.#planned(timeS, ships);
    if (this.#plan && timeS >= this.#plan.fromS) this.#begin(this.#plan);
    else if (!this.#plan && this.#running && timeS >= this.#running.stretch.fromS + LOOKAHEAD_S) this.#running = null;
  }

  /** All pieces, heap after heap. */
  view(timeS: number): PieceView[] {
    return this.#piles.flatMap((pile, index) => this.#flown(index, timeS) ?? this.#standing(pile, index, timeS));
  }

  #begin(plan: StretchPlan): void {
    const stretch = this.#result ?? ownStretch(plan.fromS, plan.pieces, plan.ships);
    this.#running = { plan, stretch };
    this.#plan = null;
    this.#result = null;
    for (const { pile, sinceS } of plan.flights) this.#backAtS[pile] = sinceS + AWAY_S;
  }

  /** The stretch after the running one, or one that begins soon because a ship is about to hit a heap. Null while nothing moves. */
  #planned(timeS: number, ships: readonly Ship[]): StretchPlan | null {
    const running = this.#running;
    const fromS = running ? running.stretch.fromS + LOOKAHEAD_S : timeS + LEAD_S;
    const withinS = running ? LOOKAHEAD_S : EARLY_S;
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

  /** Whether a ship at its current speed reaches a heap between `afterS` and `afterS + withinS` from now. */
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

  /** A heap's pieces at the end of the running stretch, slowed by road and air. Null when the heap is not flying. */
  #settled(pile: number): PhysicsBody[] | null {
    const first = this.#firstOf(pile);
    if (first === null || !this.#running) return null;
    const { plan, stretch } = this.#running;
    const nearM = this.#piles[pile]?.distanceM ?? 0;
    return endOfStretch(stretch, plan.pieces)
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

  /** Index of a heap's first piece among those of the running stretch. */
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
      // The stretch does not know the road, so within it a piece may sink below.
      return { place: [x, Math.max(y, floorUnder(this.#track, x, z, nearM).y + PIECE.radiusM), z], size };
    });
  }

  #standing(pile: DebrisPile, index: number, timeS: number): PieceView[] {
    const size = timeS >= (this.#backAtS[index] ?? 0) ? 1 : 0;
    return pile.bodies.map(({ position }) => ({ place: position, size }));
  }
}

export const PIECE = { radiusM: 0.42, massKg: 30 } as const;
/** Pieces per side of each layer, from the bottom: a pyramid. */
const LAYERS = [3, 2, 1] as const;
/** 3 x 3, 2 x 2 and 1. */
export const PIECES_PER_PILE = 14;

/** A heap of rubble that stands on the road. */
export class DebrisPile {
  readonly distanceM: number;
  readonly lateralM: number;
  /** The pieces, at rest. */
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
