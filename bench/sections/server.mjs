import { measureFlood } from '../server/flood.mjs';
import { measureIdle } from '../server/idle.mjs';
import { measureInstances } from '../server/instances.mjs';
import { measureJoins } from '../server/joins.mjs';
import { measureRestart } from '../server/restart.mjs';
import { measureSignals } from '../server/signals.mjs';
import { startClients } from '../server/stage.mjs';

/** @type {import('../run.mjs').Section} */
export const section = {
  name: 'server',
  about:
    'the signaling server on loopback: idle sockets, joins and signals beside PeerServer and bare socket.io; a restart, one of three instances killed, a flood',
  async run(context) {
    const clients = await startClients(context);
    const rows = [];
    for (const measure of [measureIdle, measureJoins, measureSignals, measureRestart, measureInstances, measureFlood]) {
      rows.push(...(await measure(context, clients)));
    }
    return rows;
  },
};
