import wrtc from '@roamhq/wrtc';
import { GamerClient } from 'p2c2r';

// A game's server without a browser. Arguments: the P2C2R server's address, the room. Prints what came back, as JSON.
const [, , url, room] = process.argv;
const client = await GamerClient.connect({ url, room, wrtc });
await client.whenReady({ timeoutMs: 60_000 });

// More than a send queue takes at once.
const sent = Uint8Array.from({ length: 3 * 1024 * 1024 }, (_, index) => index % 251);
const { bytes, timing } = await client.submitTask('echo', { bytes: sent }).result;
const here = client.submitTask('echo', { bytes: sent }, { where: 'local', cache: false });
const refusal = await here.result.catch((error) => error.reason);
await client.close();

const isWhole = bytes.length === sent.length && bytes.every((byte, index) => byte === sent[index]);
process.stdout.write(JSON.stringify({ isWhole, ranOn: timing.ranOn, refusal }));
process.exit();
