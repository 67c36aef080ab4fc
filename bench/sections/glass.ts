import { access } from 'node:fs/promises';
import { relative } from 'node:path';
import { hasCode } from '../../deploy/failure.mjs';
import { NETWORKS, type Network, type Quality } from '../../shared/tasks/upscale.ts';
import type { Codec } from '../../web/stream/codec/codecs.ts';
import { blendOf, detailCoding } from '../../web/stream/gamer/detail-tuning.ts';
import type { Context, Section } from '../context.ts';
import { bicubicRow, gainRow, summaryOf, worstRow } from '../glass/rows.ts';
import { gainOf, type Tuning } from '../glass/tuning.ts';
import type * as GlassPage from '../pages/glass.ts';
import { figure, printed, type Row, type Target, text } from '../report.ts';

/** Null: as a stream chooses it. */
const SHARES = [null, 1, 0.85, 0.7, 0.5];
/** What a machine makes of its own frames that can afford a filter, as nearly all can; and one that can afford a network. */
const OWN = 'spatial';
const BETTER_OWN = 'fast';
/** What volunteers with a processor or a weak GPU send, and what those with a real one do. */
const SENT = 'quality';
const BEST_SENT = 'ultra';

/** Detail, and what is here beside it. */
const BESIDE: readonly (readonly [network: Network, own: Quality | null])[] = [
  [SENT, null],
  [SENT, BETTER_OWN],
  [BEST_SENT, null],
  [BEST_SENT, BETTER_OWN],
  [BEST_SENT, SENT],
];

/** Bitrates up and down, kb/s, and what detail must gain over bicubic at them, dB. */
interface Rate {
  name: string;
  upKbps: number;
  downKbps: number;
  target: Target;
  /** Share of the uplink's datagrams that are lost. */
  loss?: number;
}
const RATE_OF_CODECS: Rate = { name: '2+1', upKbps: 2_000, downKbps: 1_000, target: { atLeast: 0.8 } };
const RATES: readonly Rate[] = [
  { name: '1+0.5', upKbps: 1_000, downKbps: 500, target: { atLeast: 0.4 } },
  RATE_OF_CODECS,
  { name: '4+2', upKbps: 4_000, downKbps: 2_000, target: { atLeast: 1.2 } },
];
/** A link that hardly carries video: detail must not harm there, whatever is lost. */
const LOW_RATE: Rate = { name: '0.3+0.15', upKbps: 300, downKbps: 150, target: {} };
const LOSSY: Rate = { ...LOW_RATE, name: '0.3+0.15, 5 % lost', loss: 0.05 };
/** At how many times the detail's bitrates the picture way is measured too. */
const MORE = 3;
/** The network that codecs are compared with. */
const COMPARED = 'fast';
/** Codecs up and down that are compared. */
type Pair = readonly [up: Codec, down: Codec];
const PAIRS: readonly Pair[] = [
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
    const report = (...made: Row[]) => rows.push(...printed(made));
    const bicubic = await page.call('measureEnlarged', 'bicubic');
    report(bicubicRow(bicubic), gainRow('browser stretch', await page.call('measureStretch'), bicubic));
    for (const base of await page.call('measureOwn', null, [null]))
      report(worstRow('with no volunteer', base, bicubic));
    for (const quality of ['spatial', ...NETWORKS] as const) {
      const measured = await page.call('measureOwn', quality, SHARES);
      for (const [i, one] of measured.entries()) {
        report(gainRow(`local ${quality}${SHARES[i] ? ` x ${SHARES[i]}` : ''}`, one, bicubic));
      }
    }
    const detail = (network: Network, rate: Rate, pair: Pair, own: Quality | null = OWN) =>
      page.call('measureDetail', { quality: network, coding: detailCoding(rate.downKbps), ...waysOf(rate, pair) }, own);
    const { codec } = context.settings;
    let best: Pair = codec ? [codec, codec] : ['av1', 'av1'];
    let bestDb = Number.NEGATIVE_INFINITY;
    for (const pair of codec ? [] : PAIRS) {
      const measured = await detail(COMPARED, RATE_OF_CODECS, pair, null);
      report(gainRow(`codecs ${pair.join(' and ')}, ${COMPARED} ${RATE_OF_CODECS.name}`, measured, bicubic));
      const { gainDb } = summaryOf(measured, bicubic);
      if (gainDb > bestDb) [best, bestDb] = [pair, gainDb];
    }
    report(text('codecs up and down', best.join(' and ')));
    for (const rate of RATES) {
      for (const network of NETWORKS) {
        const what = `detail ${network} ${rate.name}`;
        const measured = await detail(network, rate, best);
        report(gainRow(what, measured, bicubic, network === SENT ? rate.target : {}));
        if (network === SENT || network === BEST_SENT) report(worstRow(what, measured, bicubic));
      }
      for (const [network, own] of BESIDE) {
        const words = own ? `'${own}' here` : 'only enlarged here';
        report(gainRow(`detail ${network} ${rate.name}, ${words}`, await detail(network, rate, best, own), bicubic));
      }
      for (const times of [1, MORE]) {
        const measured = await page.call('measurePictures', { quality: SENT, ...waysOf(rate, best, times) });
        report(gainRow(`picture ${SENT} ${times === 1 ? '' : `${times} x `}${rate.name}`, measured, bicubic));
      }
    }
    for (const rate of [LOW_RATE, LOSSY]) {
      const measured = await detail(SENT, rate, best);
      const what = `detail ${SENT} ${rate.name}`;
      report(gainRow(what, measured, bicubic), worstRow(what, measured, bicubic));
    }
    return rows;
  },
};

function waysOf({ upKbps, downKbps, loss = 0 }: Omit<Rate, 'name' | 'target'>, [up, down]: Pair, times = 1) {
  return { up: { codec: up, kbps: times * upKbps, loss }, down: { codec: down, kbps: times * downKbps } };
}

/** What is tried. */
const GAINS = [1, 1.5, 2, 4];
const TRIED_WEIGHTS = [0.3, 0.4, 0.5, 0.6, 0.7, 0.85, 1, 1.15];
const DEAD_ZONES_CODES = [0, 2, 4, 6];

/**
 * The gains of detail-tuning.ts are made of these rows. Tune with one clip and validate with another, with the section glass: weights
 * that suit one game alone are worse than none.
 */
export const glassTune: Section = {
  name: 'glass-tune',
  about: 'which gain, weight and dead zone of detail suit a clip best, by network and bitrate',
  onlyWhenNamed: true,
  async run(context) {
    const page = await openClip(context);
    if (!page) return [missingClip(context)];
    const rows: Row[] = [text('clip', page.words)];
    const codec = context.settings.codec ?? 'av1';
    const tried = [LOW_RATE, ...RATES].flatMap((rate) =>
      NETWORKS.flatMap((network) => GAINS.map((gain) => ({ rate, network, gain }))),
    );
    for (const { rate, network, gain } of tried) {
      const coding = { ...detailCoding(rate.downKbps), gain };
      const { frames, transmission } = await page.call('detailStatistics', {
        ...{ quality: network, coding, ...waysOf(rate, [codec, codec]) },
      });
      const tuned = (tuning: Tuning) => ({ tuning, ...gainOf(frames, transmission.missing, tuning) });
      const best = tunings(gain)
        .map(tuned)
        .reduce((a, b) => (b.meanDb > a.meanDb ? b : a));
      const { detailWeight: weight, deadZoneCodes } = blendOf(null, true, page.sharpness);
      const found = [tuned({ weight, deadZoneCodes, gain }), best].map(
        ({ tuning: { weight, deadZoneCodes }, meanDb, worstDb }) =>
          `${meanDb.toFixed(2)} (worst ${worstDb.toFixed(2)}) at weight ${weight}, dead zone ${deadZoneCodes}`,
      );
      const spent = `${transmission.upKbps.toFixed(0)} up and ${transmission.downKbps.toFixed(0)} kb/s down`;
      rows.push(...printed([text(`${network} ${rate.name} gain ${gain}`, `${found.join('; ')}; ${spent}`)]));
    }
    return rows;
  },
};

function tunings(gain: number): Tuning[] {
  return TRIED_WEIGHTS.flatMap((weight) => DEAD_ZONES_CODES.map((deadZoneCodes) => ({ gain, weight, deadZoneCodes })));
}

/** Sizes of the source; the result is twice as large. */
const COMPOSED = [
  { width: 640, height: 360 },
  { width: 960, height: 540 },
];

export const compose: Section = {
  name: 'compose',
  about:
    'what a player’s machine needs to enlarge a frame and add its detail, by each way that it has, on software GPUs too',
  async run(context) {
    const site = await context.openSite({ modules: ['glass'] });
    const page = await site.page<typeof GlassPage>('glass');
    const rows: Row[] = [];
    for (const size of COMPOSED) {
      for (const { way, tookMs } of await page.call('measureComposers', size)) {
        const what = `${way}, ${2 * size.width}x${2 * size.height}`;
        rows.push(Number.isFinite(tookMs) ? figure(what, tookMs, 'ms') : text(what, 'does not compose here'));
      }
    }
    return rows;
  },
};

/** Games whose frames chose today's networks, or trained them (training/splits.py): figures of theirs are better than of others. */
const CHOSE_NETWORKS = ['neverball', 'neverputt', 'supertux'];
const TRAINED_ON = ['torcs', 'trigger-rally', 'armagetronad', 'warzone2100', 'teeworlds', 'widelands', 'xmoto'];

/** A page that has loaded the clip; null if there is none. */
async function openClip(context: Context) {
  const { clip: file, clipFrames } = context.settings;
  try {
    await access(file);
  } catch (cause) {
    if (hasCode(cause, 'ENOENT')) return null;
    throw cause;
  }
  const site = await context.openSite({ modules: ['glass'] });
  const page = await site.page<typeof GlassPage>('glass');
  await page.page.route('**/bench/clip', (route) => route.fulfill({ path: file }));
  const { sharpness, ...clip } = await page.call('load', '/bench/clip', clipFrames);
  const { width, height, fps, frames } = clip;
  const named = (games: readonly string[]) => games.find((game) => file.includes(game));
  const caution = named(TRAINED_ON)
    ? `; ${named(TRAINED_ON)} trained the networks`
    : named(CHOSE_NETWORKS)
      ? `; ${named(CHOSE_NETWORKS)} chose among the trained networks, so others may gain less`
      : '';
  return Object.assign(page, {
    sharpness,
    words: `${relative(process.cwd(), file)}: ${frames} frames of ${width}x${height} at ${fps}/s, the source half as large, sharpness ${sharpness?.toFixed(2) ?? 'unknown'}${caution}`,
  });
}

const missingClip = ({ settings: { clip } }: Context) =>
  text('skipped', `there is no clip ${clip}; record a game at twice the size of its stream, and use --clip FILE`);
