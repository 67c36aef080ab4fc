import { access } from 'node:fs/promises';
import { relative } from 'node:path';
import { hasCode } from '../../deploy/failure.mjs';
import { NETWORKS, type Network } from '../../shared/tasks/upscale.ts';
import type { Codec } from '../../web/stream/codec/codecs.ts';
import type { Context, Section } from '../context.ts';
import { bicubicRow, gainRow, summaryOf } from '../glass/rows.ts';
import type * as GlassPage from '../pages/glass.ts';
import { type Row, text } from '../report.ts';

export const CODING = { base: 'bicubic', gain: 2, deadZone: 1 } as const;
const WEIGHTS = [1, 0.85, 0.7, 0.5];
export const APPLICATION = { weight: 0.7, deadZoneCodes: 4 };

/** Bitrates up and down, kb/s, and what detail must gain over bicubic at them, dB. */
const RATE_OF_CODECS = { name: '2+1', upKbps: 2_000, downKbps: 1_000, atLeast: 0.8 };
export const RATES = [
  { name: '1+0.5', upKbps: 1_000, downKbps: 500, atLeast: 0.4 },
  RATE_OF_CODECS,
  { name: '4+2', upKbps: 4_000, downKbps: 2_000, atLeast: 1.2 },
];
/** A link that hardly carries video: detail must not harm there. */
export const LOW_RATE = { name: '0.3+0.15', upKbps: 300, downKbps: 150 };
/** At how many times the detail's bitrates the picture way is measured too. */
const MORE = 3;
/** The network and the bitrates that codecs are compared with. */
const COMPARED = { network: 'fast', rate: RATE_OF_CODECS } as const;
/** Codecs up and down that are compared. */
const PAIRS: readonly (readonly [up: Codec, down: Codec])[] = [
  ['av1', 'av1'],
  ['vp9', 'vp9'],
  ['h264', 'h264'],
  ['vp8', 'vp8'],
  ['av1', 'vp9'],
  ['vp9', 'av1'],
];

export const glass: Section = {
  name: 'glass',
  about: 'what the player sees of a clip beside the truth: bicubic, networks here, detail and pictures through codecs',
  onlyWhenNamed: true,
  async run(context) {
    const page = await openClip(context);
    if (!page) return [missingClip(context)];
    const rows: Row[] = [text('clip', page.words)];
    const report = (...made: Row[]) => {
      for (const { what, figure } of made) console.log(`${what.padEnd(36)} ${figure}`);
      rows.push(...made);
    };
    const bicubic = await page.call('measureBase');
    report(bicubicRow(bicubic), gainRow('browser stretch', await page.call('measureStretch'), bicubic));
    for (const quality of ['spatial', ...NETWORKS] as const) {
      const measured = await page.call('measureLocal', quality, CODING, WEIGHTS);
      for (const [i, one] of measured.entries()) report(gainRow(`local ${quality} x ${WEIGHTS[i]}`, one, bicubic));
    }
    const detail = async (
      network: Network,
      rate: { upKbps: number; downKbps: number },
      [up, down]: readonly [Codec, Codec],
    ) => {
      const ways = { up: { codec: up, kbps: rate.upKbps }, down: { codec: down, kbps: rate.downKbps } };
      const [measured] = await page.call('measureDetail', { network, coding: CODING, ...ways }, [APPLICATION]);
      if (!measured) throw new Error('Nothing was measured.');
      return measured;
    };
    const { codec } = context.settings;
    let best: readonly [Codec, Codec] = codec ? [codec, codec] : ['av1', 'av1'];
    let bestDb = Number.NEGATIVE_INFINITY;
    for (const pair of codec ? [] : PAIRS) {
      const measured = await detail(COMPARED.network, COMPARED.rate, pair);
      report(gainRow(`codecs ${pair.join(' and ')}, ${COMPARED.network} ${COMPARED.rate.name}`, measured, bicubic));
      const { gainDb } = summaryOf(measured, bicubic);
      if (gainDb > bestDb) [best, bestDb] = [pair, gainDb];
    }
    report(text('codecs up and down', best.join(' and ')));
    for (const { name, atLeast, ...rate } of RATES) {
      for (const network of NETWORKS) {
        const target = network === 'quality' ? { atLeast } : {};
        report(gainRow(`detail ${network} ${name}`, await detail(network, rate, best), bicubic, target));
      }
      for (const times of [1, MORE]) {
        const [up, down] = best;
        const ways = {
          up: { codec: up, kbps: times * rate.upKbps },
          down: { codec: down, kbps: times * rate.downKbps },
        };
        const measured = await page.call('measurePictures', { network: 'quality', ...ways });
        report(gainRow(`picture quality ${times === 1 ? '' : `${times} x `}${name}`, measured, bicubic));
      }
    }
    report(gainRow(`detail quality ${LOW_RATE.name}`, await detail('quality', LOW_RATE, best), bicubic));
    return rows;
  },
};

/** Games whose frames chose today's networks: figures of theirs are better than of others. */
const CHOSE_NETWORKS = ['supertuxkart', 'neverball'];
const TRAINED_ON = ['torcs', 'minetest'];

/** A page that has loaded the clip; null if there is none. */
export async function openClip(context: Context, file = context.settings.clip) {
  try {
    await access(file);
  } catch (cause) {
    if (hasCode(cause, 'ENOENT')) return null;
    throw cause;
  }
  const site = await context.openSite({ modules: ['glass'] });
  const page = await site.page<typeof GlassPage>('glass');
  await page.page.route('**/bench/clip', (route) => route.fulfill({ path: file }));
  const { width, height, fps, frames } = await page.call('load', '/bench/clip', context.settings.clipFrames);
  const named = (games: readonly string[]) => games.find((game) => file.includes(game));
  const caution = named(TRAINED_ON)
    ? `; ${named(TRAINED_ON)} trained the networks`
    : named(CHOSE_NETWORKS)
      ? `; ${named(CHOSE_NETWORKS)} chose among the trained networks, so others may gain less`
      : '';
  return Object.assign(page, {
    words: `${relative(process.cwd(), file)}: ${frames} frames of ${width}x${height} at ${fps}/s, the source half as large${caution}`,
  });
}

export const missingClip = ({ settings: { clip } }: Context) =>
  text('skipped', `there is no clip ${clip}; record a game at twice the size of its stream, and use --clip FILE`);
