import { MeshError } from '../errors.ts';
import type { PackedResult, PackedTask, TaskDefinition, TaskName } from './definition.ts';
import { echo } from './echo.ts';
import { infer } from './infer.ts';
import { pathfinding } from './pathfinding.ts';
import { physics } from './physics.ts';
import { raytracing } from './raytracing.ts';
import { upscale } from './upscale.ts';

/** The task types that can be run today. */
export const catalogue = { echo, upscale, infer, pathfinding, physics, raytracing } as const satisfies Record<
  TaskName,
  unknown
>;
type RunnableTaskType = keyof typeof catalogue;
export const RUNNABLE_TASK_TYPES = Object.keys(catalogue) as RunnableTaskType[];

/** A definition whose types were checked at its own declaration and are opaque to those who only move tasks about. */
export type AnyTaskDefinition = TaskDefinition<unknown, unknown, unknown>;

/** Throws MeshError `unknown-task`. */
export function definitionOf(type: string): AnyTaskDefinition {
  if (!Object.hasOwn(catalogue, type)) {
    const known = RUNNABLE_TASK_TYPES.join(', ');
    throw new MeshError('unknown-task', `There is no task type '${type}' here. This version runs: ${known}.`);
  }
  // Sound: pack() validates its input and params pass through the schema before any other member sees them.
  return catalogue[type as RunnableTaskType] as unknown as AnyTaskDefinition;
}

/** Volunteer's side: everything about an arriving task that can be wrong. Throws MeshError `unknown-task` or `malformed`. */
export function checkArrivedTask(type: string, { params, attachments }: PackedTask): PackedTask {
  const definition = definitionOf(type);
  const parsed = definition.params.safeParse(params);
  if (!parsed.success) throw MeshError.malformed(`A task of type '${type}' came with wrong parameters.`);
  definition.checkAttachments(parsed.data, attachments);
  return { params: parsed.data, attachments };
}

export type { PackedResult, PackedTask };
