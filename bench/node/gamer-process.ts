import { connectGamer, echoFor } from './gamer.ts';
import { nodeWrtc } from './wrtc.ts';

interface Arguments {
  url: string;
  room: string;
  volunteers: number;
  load: Parameters<typeof echoFor>[1];
}

// Node process with a gamer. Argument: JSON. Tells `{ linked }`, and answers a message by doing the load once.
const { url, room, volunteers, load } = JSON.parse(process.argv[2] ?? '{}') as Arguments;
process.on('disconnect', () => process.exit());

const client = await connectGamer(url, room, volunteers, nodeWrtc);
process.on('message', async () => process.send?.(await echoFor(client, load)));
process.send?.({ linked: client.volunteers.length });
