import type { PixelImage } from '../../shared/tasks/definition.ts';
import { lumaOf, psnrDb } from '../../web/compare/luma.ts';
import { FORMULAS } from './methods.ts';
import { OnnxNetworks } from './onnx-networks.ts';
import { ssimAgainst } from './ssim.ts';

/** A small picture and what it should become. */
export interface ScoreJob {
  id: number;
  small: PixelImage;
  truth: PixelImage;
  /** What others made of it already, by method. */
  made: Record<string, PixelImage>;
}

export interface Score {
  psnrDb: number;
  ssim: number;
}
export type Scores = Record<string, Score>;
export type ScoreReply = { id: number; scores: Scores } | { id: number; error: string };

let networks: Promise<OnnxNetworks> | undefined;

addEventListener('message', async ({ data }: MessageEvent<{ networkUrls: Record<string, string> } | ScoreJob>) => {
  if ('networkUrls' in data) {
    networks = OnnxNetworks.load(data.networkUrls);
    return;
  }
  const reply: ScoreReply = await scored(data).then(
    (scores) => ({ id: data.id, scores }),
    (cause: unknown) => ({ id: data.id, error: cause instanceof Error ? cause.message : String(cause) }),
  );
  postMessage(reply);
});

async function scored({ small, truth, made }: ScoreJob): Promise<Scores> {
  const { width, height } = truth;
  const luma = lumaOf(truth);
  const ssim = ssimAgainst({ width, height, luma });
  const scores: Scores = {};
  const score = (method: string, picture: PixelImage) => {
    if (picture.width !== width || picture.height !== height)
      throw new Error(`${method} gave a picture of another size.`);
    const madeLuma = lumaOf(picture);
    scores[method] = { psnrDb: psnrDb(madeLuma, luma), ssim: ssim(madeLuma) };
  };
  for (const [method, make] of Object.entries(FORMULAS)) score(method, make(small));
  const loaded = await networks;
  for (const name of loaded?.names ?? []) score(name, (await loaded?.run(name, small)) ?? small);
  for (const [method, picture] of Object.entries(made)) score(method, picture);
  return scores;
}
