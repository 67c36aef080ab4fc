import { durationsMs, type Load, median, mediansInTurn, ratePerS, sum } from '../measuring.ts';
import * as gamer from './gamer.ts';

export { connect } from './gamer.ts';

/** Echoes of 8 B a second. */
export const echoesPerS = (load: Load) => ratePerS(load, () => gamer.taskEcho(8, gamer.UNCACHED));

const upscale = (image: ReturnType<typeof gamer.freshPicture>) =>
  gamer.client().submitTask('upscale', { image }).result;

/** Submits pictures and waits until the volunteer has some; else until it has none. Returns when that was, ms since 1970. */
export async function untilBusy(isBusy: boolean): Promise<number> {
  if (isBusy) void Promise.all(Array.from({ length: 30 }, () => upscale(gamer.freshPicture(640, 360))));
  while (gamer.client().stats().inFlight > 0 !== isBusy) await gamer.sleep(2);
  return Date.now();
}

const COUNT = 100;

/** Different pictures, all submitted at once beside one after another; then the same picture again and again. */
export async function measureUpscale() {
  await gamer.connect();
  const fresh = () => upscale(gamer.freshPicture(64, 36));
  const tookMs = await mediansInTurn(
    {
      pipelined: async () => sum(await durationsMs(1, () => Promise.all(Array.from({ length: COUNT }, fresh)))),
      oneByOne: async () => sum(await durationsMs(COUNT, fresh)),
    },
    5,
  );
  const image = gamer.freshPicture(64, 36);
  await upscale(image);
  let ranOn = '';
  const againMs = await durationsMs(50, async () => {
    ({ ranOn } = (await upscale(image)).timing);
  });
  return {
    pipelinedPerS: (1_000 * COUNT) / tookMs.pipelined,
    oneByOnePerS: (1_000 * COUNT) / tookMs.oneByOne,
    againMs: median(againMs),
    ranOn: ranOn === gamer.client().volunteers[0]?.id ? 'the volunteer' : ranOn,
  };
}

const SIDE = 64;
/** Rounds of the model that take some seconds anywhere, to tell how many a minute has: the first ones are slower. */
const TRIAL_ROUNDS = 40_000;
/** A run is cancelled when it has surely begun. */
const CANCELLED_AFTER_MS = 1_000;

/** When the volunteer was heard on its heartbeat, ms. */
const heardMs: number[] = [];

/** A long run of the model that loops, as a volunteer's task: what becomes of its heartbeat, and how soon a cancelled one is over. */
export async function measureLongRun({ model, runMs }: { model: string; runMs: number }) {
  listenToPulse();
  await gamer.connect();
  const run = (rounds: number) => {
    const n = { type: 'int64', dims: [], data: BigInt64Array.of(BigInt(rounds)) };
    const x = { type: 'float32', dims: [SIDE, SIDE], data: new Float32Array(SIDE * SIDE).fill(2) };
    return gamer.client().submitTask('infer', { model, inputs: { n, x } }, { cache: false });
  };
  await run(1).result;
  const { timing: trial } = await run(TRIAL_ROUNDS).result;
  const rounds = Math.ceil((TRIAL_ROUNDS * runMs) / trial.computeMs);
  heardMs.length = 0;
  const startedMs = performance.now();
  const { timing } = await run(rounds).result;
  // Then this page runs it too, as a check, while the volunteer has nothing to do and beats at its idle rate.
  const whileAtWork = heardMs.filter((atMs) => atMs < startedMs + timing.totalMs);
  const gapsMs = whileAtWork.slice(1).map((atMs, i) => atMs - (whileAtWork[i] ?? atMs));
  const endless = run(100 * rounds);
  await gamer.sleep(CANCELLED_AFTER_MS);
  const cancelledMs = performance.now();
  endless.cancel();
  await endless.result.catch(() => {});
  const rejectedMs = performance.now() - cancelledMs;
  await run(1).result;
  const againMs = performance.now() - cancelledMs;
  return { attempts: timing.attempts, computeMs: timing.computeMs, gapsMs, rejectedMs, againMs };
}

/** Must be called before the client connects. */
function listenToPulse(): void {
  const { createDataChannel } = RTCPeerConnection.prototype;
  RTCPeerConnection.prototype.createDataChannel = function (label, options) {
    const channel = createDataChannel.call(this, label, options);
    if (label.includes('heartbeat')) channel.addEventListener('message', () => heardMs.push(performance.now()));
    return channel;
  };
}
