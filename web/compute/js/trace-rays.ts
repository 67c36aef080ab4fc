import type { PackedResult, PackedTask, Steps } from '../../../shared/tasks/definition.ts';
import { render } from '../../../shared/tasks/raytracing/render.ts';
import { readScene } from '../../../shared/tasks/raytracing/scene.ts';
import type { RaytracingParams } from '../../../shared/tasks/raytracing.ts';

/** The reference of `raytracing`. */
export function* traceRays({ params, attachments }: PackedTask<RaytracingParams>): Steps<PackedResult> {
  const pixels = yield* render(readScene(attachments), params);
  return { value: null, attachments: [new Uint8Array(pixels.buffer)] };
}
