import { partOf } from '../../../shared/tasks/check-input.ts';
import type { PackedResult, PackedTask } from '../../../shared/tasks/definition.ts';
import { numbersIn } from '../../../shared/tasks/numbers.ts';
import { readBodies } from '../../../shared/tasks/physics/bodies.ts';
import { encodeSimulated } from '../../../shared/tasks/physics/result.ts';
import { simulate } from '../../../shared/tasks/physics/simulate.ts';
import type { PhysicsParams } from '../../../shared/tasks/physics.ts';
import type { Steps } from '../../../shared/tasks/steps.ts';

/** The reference of `physics`. Throws MeshError `bad-input`, `too-large`. */
export function* simulateBodies({ params, attachments }: PackedTask<PhysicsParams>): Steps<PackedResult> {
  const bodies = readBodies(numbersIn(Float64Array, partOf(attachments, 0)));
  return encodeSimulated(bodies, yield* simulate(bodies, params, params));
}
