import { MeshError } from '../errors.ts';
import { type PackedResult, type PackedTask, TASK_NAMES, type TaskDefinition, type TaskName } from './definition.ts';
import { dialogue } from './dialogue.ts';
import { echo } from './echo.ts';
import { infer } from './infer.ts';
import { pathfinding } from './pathfinding.ts';
import { physics } from './physics.ts';
import { raytracing } from './raytracing.ts';
import { upscale } from './upscale.ts';

/** The task types that this version runs. A new type is added here and to `TASK_NAMES` in definition.ts. */
export const catalogue = { echo, upscale, infer, dialogue, pathfinding, physics, raytracing } as const satisfies Record<
  TaskName,
  unknown
>;

/** A definition with opaque types, for code that only passes tasks on; they were checked at its declaration. */
export type AnyTaskDefinition = TaskDefinition<unknown, unknown, unknown>;

/** Returns the definition of a task type. Throws MeshError `unknown-task`. */
export function definitionOf(type: string): AnyTaskDefinition {
  if (!Object.hasOwn(catalogue, type)) {
    const known = TASK_NAMES.join(', ');
    throw new MeshError('unknown-task', `There is no task type '${type}' here. This version runs: ${known}.`);
  }
  // Safe: pack() validates its input, and params are validated by the schema before any other member receives them.
  return catalogue[type as TaskName] as unknown as AnyTaskDefinition;
}

/** Volunteer's side: validates an arriving task. Throws MeshError `unknown-task`, `malformed` or `too-large`. */
export function checkArrivedTask(type: string, { params, attachments }: PackedTask): PackedTask {
  const definition = definitionOf(type);
  const parsed = definition.params.safeParse(params);
  if (!parsed.success) throw MeshError.malformed(`A task of type '${type}' arrived with wrong parameters.`);
  definition.checkAttachments(parsed.data, attachments);
  return { params: parsed.data, attachments };
}

/** Gamer's side: validates and unpacks a result that arrived for a task. Throws MeshError `malformed`. */
export function checkArrivedResult(
  definition: AnyTaskDefinition,
  task: PackedTask,
  { value, attachments }: PackedResult,
): unknown {
  const parsed = definition.value.safeParse(value);
  if (!parsed.success) throw MeshError.malformed(`A result of type '${definition.type}' arrived in an unknown form.`);
  return definition.unpackResult(task, { value: parsed.data, attachments });
}
