import type { PhysicsBody } from './debris-physics.ts';
import type { Random } from './random.ts';
import type { Track } from './track.ts';

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
