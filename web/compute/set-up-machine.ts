import { COMPUTE } from '../../shared/tuning.ts';
import type { EngineOptions } from './engine-types.ts';
import { JsBackend } from './js/js-backend.ts';
import type { Machine } from './machine.ts';
import { measureSpeed } from './probe.ts';

/** Measures what this machine can do and takes the fastest way that gives right answers. */
export async function setUpMachine({ now }: EngineOptions): Promise<Machine> {
  const js = new JsBackend(now);
  const unitsPerMs = await measureSpeed(js, now, COMPUTE.probeBackendMs);
  return {
    adapter: "No WebGPU: this computer's processor",
    frameIn: 'copyTo',
    frameOut: 'pixels',
    upscaler: js,
    unitsPerMs,
    lost: new Promise(() => {}),
    dispose: () => js.dispose(),
  };
}
