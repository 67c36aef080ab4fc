import { durationsMs, median, mediansInTurn, ratePerS, sum } from '../measuring.ts';
import { client, connect, freshPicture } from './gamer.ts';

const upscale = (image: ReturnType<typeof freshPicture>) => client().submitTask('upscale', { image }).result;

const COUNT = 100;

/** Different pictures, all submitted at once beside one after another; then the same picture again and again. */
export async function measureUpscale(room: string) {
  await connect({ room });
  const fresh = () => upscale(freshPicture(64, 36));
  const tookMs = await mediansInTurn(
    {
      pipelined: async () => sum(await durationsMs(1, () => Promise.all(Array.from({ length: COUNT }, fresh)))),
      oneByOne: async () => sum(await durationsMs(COUNT, fresh)),
    },
    5,
  );
  const image = freshPicture(64, 36);
  await upscale(image);
  let ranOn = '';
  const againMs = await durationsMs(50, async () => {
    ({ ranOn } = (await upscale(image)).timing);
  });
  return {
    pipelinedPerS: (1_000 * COUNT) / tookMs.pipelined,
    oneByOnePerS: (1_000 * COUNT) / tookMs.oneByOne,
    againMs: median(againMs),
    ranOn: ranOn === client().volunteers[0]?.id ? 'the volunteer' : ranOn,
  };
}

/** How many pictures one volunteer upscales in a second, and what its first task takes beside later ones. */
export async function measureBackend({ room, width, height }: { room: string; width: number; height: number }) {
  await connect({ room });
  const fresh = () => upscale(freshPicture(width, height));
  const [firstMs = Number.NaN, ...laterMs] = await durationsMs(5, fresh);
  return { perS: await ratePerS({ window: 4, durationMs: 3_000 }, fresh), firstMs, laterMs: median(laterMs) };
}
