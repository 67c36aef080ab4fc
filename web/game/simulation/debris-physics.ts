import type { TaskTypes } from '../../sdk/types.ts';

export type PhysicsInput = TaskTypes['physics']['input'];
export type PhysicsResult = TaskTypes['physics']['result'];
export type PhysicsBody = PhysicsInput['bodies'][number];

/** A stretch is how far the game looks ahead: long enough for a result to arrive, short enough to predict where the ships are. */
export const STRETCH = { steps: 30, timestepS: 1 / 120, frameSteps: 3 } as const;
export const LOOKAHEAD_S = STRETCH.steps * STRETCH.timestepS;
const FRAMES = STRETCH.steps / STRETCH.frameSteps;
/** m/s2, less than the earth's: it suits a city of hovercraft. */
const GRAVITY: [number, number, number] = [0, -5, 0];
const RESTITUTION = 0.25;
/** Share of its speed that a ship passes on to a piece, in the game's own computation. */
const KICK_SHARE = 0.9;

/** Numbers of one piece in a frame: position and velocity. */
const NUMBERS = 6;

/** The pieces over a stretch of time, in frames of {@link STRETCH}; the first frame is their start. */
export interface Stretch {
  fromS: number;
  /** {@link NUMBERS} per piece. */
  frames: readonly Float64Array[];
}

/** The task input for a stretch: the pieces, then the ships as heavy bodies. */
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

/** The stretch in a task's result. Null when the result does not fit. */
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

/** The game's own computation: a ship kicks what it touches, and pieces do not collide. */
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

/** Position of a piece, clamped to the stretch. */
export function pieceAt({ fromS, frames }: Stretch, piece: number, timeS: number): [number, number, number] {
  const frame = Math.max(0, Math.min(FRAMES, ((timeS - fromS) / LOOKAHEAD_S) * FRAMES));
  const before = frames[Math.floor(frame)];
  const after = frames[Math.ceil(frame)];
  const share = frame - Math.floor(frame);
  const on = (axis: number) => {
    const from = before?.[piece * NUMBERS + axis] ?? 0;
    return from + ((after?.[piece * NUMBERS + axis] ?? from) - from) * share;
  };
  return [on(0), on(1), on(2)];
}

/** The pieces at the end of the stretch. */
export function endOfStretch({ frames }: Stretch, pieces: readonly PhysicsBody[]): PhysicsBody[] {
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
  // Twice its size, because between two frames a ship moves further than its length.
  if (distanceM > 2 * radius || distanceM === 0) return;
  const pushMps = Math.hypot(...velocity) * 0.25;
  for (let axis = 0; axis < 3; axis++) {
    const outwards = ((away[axis] ?? 0) / distanceM) * pushMps;
    state[at + 3 + axis] = (velocity[axis] ?? 0) * KICK_SHARE + outwards;
  }
}
