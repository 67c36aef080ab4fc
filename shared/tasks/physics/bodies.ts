/** What moves: three numbers a body for where it is and how fast, and what does not change. */
export interface Bodies {
  positions: Float64Array;
  velocities: Float64Array;
  radii: Float64Array;
  masses: Float64Array;
}

export interface World {
  gravity: readonly [number, number, number];
  timestepS: number;
  /** Part of the approaching speed that two bodies part with. */
  restitution: number;
}

/** As bodies travel to a volunteer: position, velocity, radius, mass. */
export const NUMBERS_PER_BODY = 8;
/** As they come back: position, velocity. */
export const NUMBERS_PER_STATE = 6;

export function readBodies(numbers: Float64Array): Bodies {
  const count = numbers.length / NUMBERS_PER_BODY;
  const bodies: Bodies = {
    positions: new Float64Array(count * 3),
    velocities: new Float64Array(count * 3),
    radii: new Float64Array(count),
    masses: new Float64Array(count),
  };
  for (let i = 0; i < count; i++) {
    const own = numbers.subarray(i * NUMBERS_PER_BODY, (i + 1) * NUMBERS_PER_BODY);
    bodies.positions.set(own.subarray(0, 3), i * 3);
    bodies.velocities.set(own.subarray(3, 6), i * 3);
    bodies.radii[i] = own[6] ?? 0;
    bodies.masses[i] = own[7] ?? 0;
  }
  return bodies;
}

/** Of the same bodies at another time. */
export function withState(bodies: Bodies, state: Float64Array | Float32Array): Bodies {
  const { positions, velocities } = { positions: bodies.positions.slice(), velocities: bodies.velocities.slice() };
  for (let i = 0; i < bodies.masses.length; i++) {
    positions.set(state.subarray(i * NUMBERS_PER_STATE, i * NUMBERS_PER_STATE + 3), i * 3);
    velocities.set(state.subarray(i * NUMBERS_PER_STATE + 3, (i + 1) * NUMBERS_PER_STATE), i * 3);
  }
  return { ...bodies, positions, velocities };
}

/** Writes where they are now. */
export function writeState({ positions, velocities }: Bodies, out: Float64Array | Float32Array): void {
  for (let i = 0; i * 3 < positions.length; i++) {
    out.set(positions.subarray(i * 3, i * 3 + 3), i * NUMBERS_PER_STATE);
    out.set(velocities.subarray(i * 3, i * 3 + 3), i * NUMBERS_PER_STATE + 3);
  }
}
