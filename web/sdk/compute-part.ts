import type { PackedResult, PackedTask } from '../../shared/tasks/definition.ts';
import { isNetwork, type UpscaleParams } from '../../shared/tasks/upscale.ts';
import { upscaleRows } from '../compute/reference/upscale.ts';
import { nextMacrotask, runInSlices } from '../compute/schedule.ts';
import type { LocalEngine } from '../dispatch/local-runner.ts';

/** Calls of the engine are told apart by a number, and these from the tasks'. */
let nextCallId = -1;

/**
 * What this machine makes of a small part of a task, to compare with a volunteer's result. A filter's tile is a few milliseconds'
 * work: done on this very thread, in slices, it waits for no worker to start and measure itself. Throws MeshError.
 */
export async function computePart(
  engine: LocalEngine,
  now: () => number,
  type: string,
  task: PackedTask,
): Promise<PackedResult> {
  if (type !== 'upscale') return engine.execute(nextCallId--, type, task);
  const { width, height, outWidth, outHeight, quality } = task.params as UpscaleParams;
  if (isNetwork(quality)) return engine.execute(nextCallId--, type, task);
  const image = { width, height, data: task.attachments[0] ?? new Uint8Array(0) };
  const out = new Uint8ClampedArray(outWidth * outHeight * 4);
  await runInSlices(upscaleRows(image, { outWidth, outHeight, quality }, out), now, nextMacrotask);
  return { value: null, attachments: [new Uint8Array(out.buffer)] };
}
