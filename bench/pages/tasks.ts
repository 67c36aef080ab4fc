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
export async function measureUpscale(room: string) {
  await gamer.connect({ room });
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
