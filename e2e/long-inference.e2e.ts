import { loopingModel } from '../web/compute/infer/test-onnx.ts';
import { expect, test, waitForVolunteers } from './fixtures.ts';

const ROOM = 'long runs';
/** Longer than a link without a heartbeat lives. */
const RUN_MS = 8_000;

test('a model that runs for longer than a silent link lives is delivered by the first attempt, and can be cancelled', {
  tag: '@long',
}, async ({ volunteerPage, gamerPage, server }) => {
  const { origin } = new URL(server.url);
  const bytes = Buffer.from(loopingModel());
  const volunteer = await volunteerPage(ROOM, { backend: 'js' });
  const gamer = await gamerPage(ROOM, { where: 'volunteers' });
  for (const page of [volunteer, gamer])
    await page.route('**/looping.onnx', (route) => route.fulfill({ body: bytes, contentType: 'application/onnx' }));
  await volunteer.evaluate((allowed) => window.node.setLimits({ acceptModelsFrom: [allowed] }), origin);
  await waitForVolunteers(gamer, 1);
  const found = await gamer.evaluate(
    async ({ model, runMs }) => {
      const { client } = window;
      const submit = (rounds: number) => {
        const n = { type: 'int64', dims: [], data: BigInt64Array.of(BigInt(rounds)) };
        const x = { type: 'float32', dims: [64, 64], data: new Float32Array(64 * 64).fill(2) };
        return client.submitTask('infer', { model, inputs: { n, x } }, { cache: false });
      };
      const TRIAL_ROUNDS = 4_000;
      await submit(1).result;
      // The fastest: a busy machine would make the run too short.
      let trialMs = Number.POSITIVE_INFINITY;
      for (let trial = 0; trial < 3; trial++)
        trialMs = Math.min(trialMs, (await submit(TRIAL_ROUNDS).result).timing.computeMs);
      const rounds = Math.ceil((TRIAL_ROUNDS * runMs) / trialMs);
      const { timing, outputs, checked } = await submit(rounds).result;
      const endless = submit(100 * rounds);
      await new Promise((resolve) => setTimeout(resolve, 500));
      endless.cancel();
      const reason = await endless.result.catch((error) => error.reason as string);
      const after = await submit(1).result;
      const [helper] = client.volunteers;
      return {
        attempts: timing.attempts,
        computeMs: timing.computeMs,
        checked,
        isRight: outputs.y?.data instanceof Float32Array && outputs.y.data.every((value) => value === 2),
        reason,
        ranOn: after.timing.ranOn === helper?.id,
        volunteers: client.volunteers.length,
        failed: helper?.failed,
        redispatched: client.stats().redispatched,
      };
    },
    { model: `${origin}/models/looping.onnx`, runMs: RUN_MS },
  );
  expect(found.computeMs).toBeGreaterThan(RUN_MS / 2);
  expect(found).toMatchObject({ attempts: 1, checked: true, isRight: true, reason: 'cancelled', ranOn: true });
  expect(found).toMatchObject({ volunteers: 1, failed: 0, redispatched: 0 });
});
