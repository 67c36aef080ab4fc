import { NETWORKS } from '../../shared/tasks/upscale.ts';
import type { Section } from '../context.ts';
import { gainOf, type Tuning } from '../glass/tuning.ts';
import { type Row, text } from '../report.ts';
import { APPLICATION, CODING, LOW_RATE, missingClip, openClip, RATES } from './glass.ts';

/** What is tried. */
const GAINS = [1, 1.5, 2, 4];
const WEIGHTS = [0.3, 0.4, 0.5, 0.6, 0.7, 0.85, 1];
const DEAD_ZONES_CODES = [0, 2, 4, 6];
/** Tried with the application that the section glass measures. */
const SPATIAL_WEIGHT = 0.4;
const SPATIAL_WEIGHTS = [0, 0.25, 0.4, 0.5];

/**
 * The table in the manifest of models is made of these rows. Tune with one clip and validate with another, with the section glass: weights
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
    for (const { name, upKbps, downKbps } of [LOW_RATE, ...RATES]) {
      for (const network of NETWORKS) {
        for (const gain of GAINS) {
          const ways = { up: { codec, kbps: upKbps }, down: { codec, kbps: downKbps } };
          const { frames, transmission } = await page.call('detailStatistics', {
            ...{ network, coding: { ...CODING, gain }, ...ways },
          });
          const { missing } = transmission;
          const best = (spatialWeights: readonly number[]) =>
            spatialWeights
              .flatMap((spatialWeight) => tunings(gain, spatialWeight))
              .map((tuning) => ({ tuning, ...gainOf(frames, missing, tuning) }))
              .reduce((a, b) => (b.meanDb > a.meanDb ? b : a));
          const shipped = [0, SPATIAL_WEIGHT].map((spatialWeight) => ({ ...APPLICATION, gain, spatialWeight }));
          const tried = shipped.map((tuning) => ({ tuning, ...gainOf(frames, missing, tuning) }));
          const found = [...tried, best([0]), best(SPATIAL_WEIGHTS)].map(
            ({ tuning: { weight, deadZoneCodes, spatialWeight }, meanDb, worstDb }) =>
              `${meanDb.toFixed(2)} (worst ${worstDb.toFixed(2)}) at weight ${weight}, dead zone ${deadZoneCodes}, spatial ${spatialWeight}`,
          );
          const spent = `${transmission.upKbps.toFixed(0)} up and ${transmission.downKbps.toFixed(0)} kb/s down`;
          const row = text(`${network} ${name} gain ${gain}`, `${found.join('; ')}; ${spent}`);
          console.log(`${row.what.padEnd(28)} ${row.figure}`);
          rows.push(row);
        }
      }
    }
    return rows;
  },
};

function tunings(gain: number, spatialWeight: number): Tuning[] {
  return WEIGHTS.flatMap((weight) =>
    DEAD_ZONES_CODES.map((deadZoneCodes) => ({ gain, weight, deadZoneCodes, spatialWeight })),
  );
}
