import type { PackedResult, PackedTask, Steps } from '../../../shared/tasks/definition.ts';
import { numbersIn, partOf } from '../../../shared/tasks/packing.ts';
import { encodeSimulated, readBodies } from '../../../shared/tasks/physics/bodies.ts';
import { simulate } from '../../../shared/tasks/physics/simulate.ts';
import type { PhysicsParams } from '../../../shared/tasks/physics.ts';

/** The reference of `physics`. Throws MeshError `bad-input`, `too-large`. */
export function* simulateBodies({ params, attachments }: PackedTask<PhysicsParams>): Steps<PackedResult> {
  const bodies = readBodies(numbersIn(Float64Array, partOf(attachments, 0)));
  return encodeSimulated(bodies, yield* simulate(bodies, params, params));
}
