import type { TaskTypes } from '../../sdk/types.ts';

export type PhysicsInput = TaskTypes['physics']['input'];
export type PhysicsResult = TaskTypes['physics']['result'];
export type PhysicsBody = PhysicsInput['bodies'][number];

/** The length of a stretch is what the game looks ahead: long enough for an answer from afar, short enough to foresee the ships. */
export const STRETCH = { steps: 30, timestepS: 1 / 120, frameSteps: 3 } as const;
export const STRETCH_S = STRETCH.steps * STRETCH.timestepS;
const FRAMES = STRETCH.steps / STRETCH.frameSteps;
/** Less than the earth's: rubble in a city that hovers. */
const GRAVITY: [number, number, number] = [0, -5, 0];
const RESTITUTION = 0.25;
/** What a ship gives a piece that it touches, where pieces do not touch one another. */
const KICK_SHARE = 0.9;

const NUMBERS = 6;

/** Where pieces are over a stretch of time, in frames of {@link STRETCH}; the first is where they begin. */
export interface Stretch {
  fromS: number;
  /** {@link NUMBERS} a piece: position and velocity. */
  frames: readonly Float64Array[];
}

/** The stretch as a task: pieces first, then the ships, which are bodies like any other but so heavy that rubble does not stop them. */
export function stretchTask(pieces: readonly PhysicsBody[], ships: readonly PhysicsBody[]): PhysicsInput {
  const { steps, timestepS, frameSteps } = STRETCH;
  return {
    bodies: [...pieces, ...ships],
    gravity: GRAVITY,
    restitution: RESTITUTION,
    checkpointEvery: frameSteps,
    ...{ timestepS, steps },
  };
}

/** What a task's result says of the pieces. Null for one that is of something else. */
export function stretchOf(
  fromS: number,
  pieces: readonly PhysicsBody[],
  { bodies, checkpoints }: PhysicsResult,
): Stretch | null {
  const { states, everySteps } = checkpoints;
  const perFrame = bodies.length * NUMBERS;
  const isOurs = everySteps === STRETCH.frameSteps && states.length === perFrame * (FRAMES - 1);
  if (!isOurs || bodies.length < pieces.length) return null;
  const between = Array.from({ length: FRAMES - 1 }, (_, frame) =>
    Float64Array.from(states.subarray(frame * perFrame, frame * perFrame + pieces.length * NUMBERS)),
  );
  return { fromS, frames: [stateOf(pieces), ...between, stateOf(bodies.slice(0, pieces.length))] };
}

/** The game's own way: a ship kicks what it touches, and pieces fly through one another. */
export function ownStretch(fromS: number, pieces: readonly PhysicsBody[], ships: readonly PhysicsBody[]): Stretch {
  const frames = [stateOf(pieces)];
  const frameS = STRETCH.frameSteps * STRETCH.timestepS;
  for (let frame = 1; frame <= FRAMES; frame++) {
    const next = Float64Array.from(frames[frame - 1] ?? []);
    for (let at = 0; at < next.length; at += NUMBERS) {
      for (const ship of ships) kick(next, at, ship, frame * frameS);
      for (let axis = 0; axis < 3; axis++) {
        const speed = (next[at + 3 + axis] ?? 0) + (GRAVITY[axis] ?? 0) * frameS;
        next[at + 3 + axis] = speed;
        next[at + axis] = (next[at + axis] ?? 0) + speed * frameS;
      }
    }
    frames.push(next);
  }
  return { fromS, frames };
}

/** Where a piece is. Before the stretch it is where it begins, after it where it ends. */
export function pieceAt({ fromS, frames }: Stretch, piece: number, timeS: number): [number, number, number] {
  const frame = Math.max(0, Math.min(FRAMES, ((timeS - fromS) / STRETCH_S) * FRAMES));
  const before = frames[Math.floor(frame)];
  const after = frames[Math.ceil(frame)];
  const share = frame - Math.floor(frame);
  const on = (axis: number) => {
    const from = before?.[piece * NUMBERS + axis] ?? 0;
    return from + ((after?.[piece * NUMBERS + axis] ?? from) - from) * share;
  };
  return [on(0), on(1), on(2)];
}

/** The pieces as they are at the end. */
export function endOf({ frames }: Stretch, pieces: readonly PhysicsBody[]): PhysicsBody[] {
  const last = frames[frames.length - 1] ?? new Float64Array(0);
  return pieces.map(({ radius, mass }, piece) => {
    const on = (axis: number) => last[piece * NUMBERS + axis] ?? 0;
    return { position: [on(0), on(1), on(2)], velocity: [on(3), on(4), on(5)], radius, mass };
  });
}

function stateOf(bodies: readonly { position: number[]; velocity: number[] }[]): Float64Array {
  return Float64Array.from(bodies.flatMap(({ position, velocity }) => [...position, ...velocity]));
}

function kick(state: Float64Array, at: number, { position, velocity, radius }: PhysicsBody, afterS: number): void {
  const away = [0, 1, 2].map((axis) => {
    const shipAt = (position[axis] ?? 0) + (velocity[axis] ?? 0) * afterS;
    return (state[at + axis] ?? 0) - shipAt;
  });
  const distanceM = Math.hypot(...away);
  // Twice its size: between two frames it moves further than it is long.
  if (distanceM > 2 * radius || distanceM === 0) return;
  const pushMps = Math.hypot(...velocity) * 0.25;
  for (let axis = 0; axis < 3; axis++) {
    const outwards = ((away[axis] ?? 0) / distanceM) * pushMps;
    state[at + 3 + axis] = (velocity[axis] ?? 0) * KICK_SHARE + outwards;
  }
}
