import { percentile } from '../pages/statistics.mjs';
import { figure } from '../rows.mjs';
import { serve, withCpuOf } from './stage.mjs';

const LOAD = { pairs: 100, perS: 2_000, warmUpMs: 2_000, durationMs: 8_000 };

/** @typedef {import('./signalling.ts').SignalFigures} SignalFigures */

/**
 * Signals between introduced pairs at a steady rate.
 * @param {import('../context.mjs').BenchContext} context
 * @param {import('./stage.mjs').Clients} clients
 */
export async function measureSignals(context, clients) {
  /** @param {'ours' | 'peer'} kind */
  const relay = async (kind) => {
    const server = await serve(context, kind);
    const { value, cpuS } = await withCpuOf(server, () => {
      /** @type {Promise<SignalFigures>} */
      const figures = clients({ kind: 'signals', server: kind, url: server.url, load: LOAD });
      return figures;
    });
    await server.stop();
    const ofMs = (/** @type {number} */ share) => percentile(value.tookMs, share);
    return {
      ...value,
      p50Ms: ofMs(0.5),
      p99Ms: ofMs(0.99),
      perCpuS: ((LOAD.warmUpMs + LOAD.durationMs) / LOAD.durationMs) * (value.arrived / cpuS),
    };
  };
  const [ours, peer] = [await relay('ours'), await relay('peer')];
  context.say(`signals: p99 ${ours.p99Ms.toFixed(2)} ms`);
  return [
    figure('relay of 2,000 signals/s, p99', ours.p99Ms, 'ms', {
      below: 10,
      note: `p50 ${ours.p50Ms.toFixed(2)}; PeerServer p50 ${peer.p50Ms.toFixed(2)}, p99 ${peer.p99Ms.toFixed(2)} ms`,
    }),
    figure('signals that did not arrive', ours.sent - ours.arrived, '', { atMost: 0, note: `of ${ours.sent}` }),
    figure('signals sent in a second', ours.sent / (LOAD.durationMs / 1_000), '/s', { atLeast: 0.99 * LOAD.perS }),
    figure('signals for a second of processor', ours.perCpuS, '', {
      note: `joins of the ${2 * LOAD.pairs} included; PeerServer ${peer.perCpuS.toFixed(0)}`,
    }),
  ];
}
