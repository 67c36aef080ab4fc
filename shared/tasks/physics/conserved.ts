import { PHYSICS } from '../tuning.ts';
import type { Bodies, World } from './bodies.ts';

const AXES = [0, 1, 2] as const;

/** What no collision changes, and how large its parts are: errors are to be measured by these. */
interface Totals {
  mass: number;
  momentum: number[];
  momentumScale: number;
  /** Mass times place. */
  moment: number[];
  momentScale: number;
  motionEnergy: number;
}

function totalsOf({ positions, velocities, masses }: Bodies): Totals {
  const totals: Totals = {
    ...{ mass: 0, momentumScale: 0, momentScale: 0, motionEnergy: 0 },
    ...{ momentum: [0, 0, 0], moment: [0, 0, 0] },
  };
  for (let i = 0; i < masses.length; i++) {
    const mass = masses[i] ?? 0;
    totals.mass += mass;
    for (const axis of AXES) {
      const speed = velocities[i * 3 + axis] ?? 0;
      const place = positions[i * 3 + axis] ?? 0;
      totals.momentum[axis] = (totals.momentum[axis] ?? 0) + mass * speed;
      totals.moment[axis] = (totals.moment[axis] ?? 0) + mass * place;
      totals.momentumScale += mass * Math.abs(speed);
      totals.momentScale += mass * Math.abs(place);
      totals.motionEnergy += 0.5 * mass * speed * speed;
    }
  }
  return totals;
}

/**
 * What is wrong with a later state of the same bodies; null: nothing. Momentum and the centre of all masses follow gravity exactly.
 * Energy falls by a known little with each step, since speed is taken before place; inelastic collisions take more, and nothing adds any.
 */
export function brokenLaw(before: Bodies, after: Bodies, { gravity, timestepS, restitution }: World, steps: number) {
  const [was, is] = [totalsOf(before), totalsOf(after)];
  const elapsedS = steps * timestepS;
  const share = PHYSICS.conservedShare + steps * PHYSICS.conservedSharePerStep;
  const pull = AXES.map((axis) => is.mass * gravity[axis]);
  const pullScale = pull.reduce((sum, value) => sum + Math.abs(value), 0);
  const momentumSlack = share * (was.momentumScale + is.momentumScale + pullScale * elapsedS);
  const momentSlack =
    share * (was.momentScale + is.momentScale + was.momentumScale * elapsedS + pullScale * elapsedS ** 2);
  let fallen = 0;
  for (const axis of AXES) {
    const momentum = was.momentum[axis] ?? 0;
    const moment = was.moment[axis] ?? 0;
    const force = pull[axis] ?? 0;
    const expected = moment + momentum * elapsedS + force * timestepS * timestepS * steps * (steps + 1) * 0.5;
    if (Math.abs((is.momentum[axis] ?? 0) - momentum - force * elapsedS) > momentumSlack)
      return 'Momentum came or went';
    if (Math.abs((is.moment[axis] ?? 0) - expected) > momentSlack) return 'The centre of all masses is elsewhere';
    fallen += gravity[axis] * ((is.moment[axis] ?? 0) - moment);
  }
  const gravitySquared = gravity.reduce((sum, value) => sum + value * value, 0);
  const stepLoss = 0.5 * is.mass * gravitySquared * timestepS * elapsedS;
  const excess = is.motionEnergy - was.motionEnergy - fallen + stepLoss;
  const slack =
    share * (was.motionEnergy + is.motionEnergy + Math.abs(fallen) + pullScale * (momentSlack / share / is.mass));
  if (excess > slack) return 'Energy came from nowhere';
  if (restitution === 1 && excess < -slack) return 'Energy was lost where none is';
  return null;
}
