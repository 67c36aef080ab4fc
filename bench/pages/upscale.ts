import { durationsMs, type Load, median, mediansInTurn, ratePerS } from '../measuring.ts';
import { client, connect, freshPicture } from './gamer.ts';

interface Size {
  width: number;
  height: number;
}

const upscale = (image: ReturnType<typeof freshPicture>) => client().submitTask('upscale', { image }).result;

interface Options extends Size {
  room: string;
  count: number;
  rounds: number;
  repeats: number;
}

/** Different pictures, all submitted at once beside one after another; then the same picture again and again. */
export async function measureUpscale({ room, count, rounds, repeats, width, height }: Options) {
  await connect({ room });
  const fresh = () => upscale(freshPicture(width, height));
  const tookMs = await mediansInTurn(
    {
      pipelined: async () => median(await durationsMs(1, () => Promise.all(Array.from({ length: count }, fresh)))),
      oneByOne: async () => (await durationsMs(count, fresh)).reduce((total, ms) => total + ms, 0),
    },
    rounds,
  );
  const image = freshPicture(width, height);
  await upscale(image);
  let ranOn = '';
  const againMs = await durationsMs(repeats, async () => {
    ({ ranOn } = (await upscale(image)).timing);
  });
  return {
    pipelinedPerS: (1_000 * count) / tookMs.pipelined,
    oneByOnePerS: (1_000 * count) / tookMs.oneByOne,
    againMs: median(againMs),
    ranOn: ranOn === client().volunteers[0]?.id ? 'the volunteer' : ranOn,
  };
}

/** How many pictures one volunteer upscales in a second, and what its first task takes beside later ones. */
export async function measureBackend({ room, width, height, ...load }: Size & Load & { room: string }) {
  await connect({ room });
  const fresh = () => upscale(freshPicture(width, height));
  const [firstMs = Number.NaN, ...laterMs] = await durationsMs(5, fresh);
  return { perS: await ratePerS(load, fresh), firstMs, laterMs: median(laterMs) };
}
