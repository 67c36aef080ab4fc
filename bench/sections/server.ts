import type { Section } from '../context.ts';
import type { Row } from '../report.ts';
import { measureIdle, measureJoins, measureSignals } from '../server/capacity.ts';
import type * as Clients from '../server/clients.ts';
import { measureInstances, measureRestart } from '../server/failures.ts';

export const server: Section = {
  name: 'server',
  about:
    'the signaling server on loopback: idle sockets, joins and signals beside PeerServer and bare socket.io; a restart, one of three instances killed',
  async run(context) {
    const clients = context.startProcess<typeof Clients>('server/clients');
    const rows: Row[] = [];
    for (const measure of [measureIdle, measureJoins, measureSignals, measureRestart, measureInstances]) {
      rows.push(...(await measure(context, clients)));
    }
    return rows;
  },
};
