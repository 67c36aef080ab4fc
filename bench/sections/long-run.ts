import { loopingModel } from '../../web/compute/infer/test-onnx.ts';
import type { Section } from '../context.ts';
import { percentile } from '../measuring.ts';
import type * as LongRunPage from '../pages/long-run.ts';
import { figure } from '../report.ts';

const RUN_MS = 60_000;

export const longRun: Section = {
  name: 'long-run',
  about:
    "a run of a model that takes a volunteer's processor a minute: its heartbeat meanwhile, and how soon one is cancelled",
  onlyWhenNamed: true,
  async run(context) {
    const room = 'long run';
    const site = await context.openSite({ modules: ['long-run'] });
    const model = new URL('/looping.onnx', site.url).href;
    const body = Buffer.from(loopingModel());
    await site.pages.route('**/looping.onnx', (route) => route.fulfill({ body, contentType: 'application/onnx' }));
    await site.volunteer({ room, backend: 'js', limits: { acceptModelsFrom: [new URL(model).origin] } });
    const gamer = await site.page<typeof LongRunPage>('long-run');
    const found = await gamer.call('measureLongRun', { room, model, runMs: RUN_MS });
    const { attempts, computeMs, gapsMs, rejectedMs, againMs } = found;
    return [
      figure('attempts at the run', attempts, '', { atMost: 1, note: `${(computeMs / 1_000).toFixed(1)} s computed` }),
      figure('longest gap of the heartbeat', Math.max(...gapsMs), 'ms', {
        below: 100,
        note: `of ${gapsMs.length}; p99 ${percentile(gapsMs, 0.99).toFixed(0)} ms`,
      }),
      figure('cancel to the end of the task', rejectedMs, 'ms', { below: 300 }),
      figure('cancel to the result of the next run', againMs, 'ms', { note: 'with a new worker, and the model anew' }),
    ];
  },
};
