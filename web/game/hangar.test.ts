import { expect, it } from 'vitest';
import { raytracing } from '../../shared/tasks/raytracing.ts';
import { ManualClock } from '../../shared/test-manual-clock.ts';
import { Hangar, hangarScene, PAUSE_MS } from './hangar.ts';
import type { PartRequest, PartResult } from './messages.ts';
import { UNANSWERED_PAUSE_MS } from './offloaded-tasks.ts';

const IMAGE = { width: 2, height: 1 } as ImageData;

function start() {
  const clock = new ManualClock();
  const requests: { request: PartRequest; respond: (result: PartResult<'hangar'> | null) => void }[] = [];
  const shown: ImageData[] = [];
  const render = (request: PartRequest<'hangar'>) =>
    new Promise<PartResult<'hangar'> | null>((respond) => {
      requests.push({ request, respond });
    });
  return { clock, requests, shown, hangar: new Hangar(render, clock, (image) => shown.push(image)) };
}

it('the scene is a valid task and turns', () => {
  const [first, second] = [raytracing.pack(hangarScene(0, 1)), raytracing.pack(hangarScene(1, 1))];
  expect(raytracing.params.safeParse(first.params).success).toBe(true);
  expect(first).not.toEqual(second);
});

it('requests the next picture after the last one came, and retries later when nobody rendered it', async () => {
  const { clock, requests, shown, hangar } = start();
  clock.advance(60_000);
  expect(requests).toHaveLength(1);
  requests[0]?.respond({ image: IMAGE });
  await Promise.resolve();
  expect(shown).toEqual([IMAGE]);
  clock.advance(PAUSE_MS);
  expect(requests).toHaveLength(2);
  expect(requests[1]?.request).not.toEqual(requests[0]?.request);
  requests[1]?.respond(null);
  await Promise.resolve();
  clock.advance(UNANSWERED_PAUSE_MS);
  expect(requests).toHaveLength(3);
  expect(shown).toHaveLength(1);
  hangar.dispose();
});

it('once disposed it neither shows a late picture nor requests another', async () => {
  const { clock, requests, shown, hangar } = start();
  hangar.dispose();
  requests[0]?.respond({ image: IMAGE });
  await Promise.resolve();
  clock.advance(60_000);
  expect([requests.length, shown.length]).toEqual([1, 0]);
});
