import { startVolunteer } from './volunteer.ts';
import { nodeWrtc } from './wrtc.ts';

// Node process with so many volunteers. Argument: JSON. Tells `{ ready: true }`, and answers each message with what was done.
const { url, room, count } = JSON.parse(process.argv[2] ?? '{}') as { url: string; room: string; count: number };
process.on('disconnect', () => process.exit());

const volunteers = await Promise.all(
  Array.from({ length: count }, (_, index) => startVolunteer(url, room, `volunteer ${index}`, nodeWrtc)),
);
process.on('message', () => process.send?.({ tasksDone: volunteers.map(({ tasksDone }) => tasksDone) }));
process.send?.({ ready: true });
