import { freshBytes } from './gamer.ts';

/**
 * A plain RTCDataChannel between two pages of one origin, reliable and unordered as the SDK's own for tasks: the best this browser
 * reaches on this machine. Signals go over a BroadcastChannel.
 */
const SIGNALS = 'bench bare channel';

/** In the volunteer's page: answers, and echoes in a worker, to which the channel moves right after it is created. */
export function answerBare(): void {
  const signals = new BroadcastChannel(SIGNALS);
  const { connection, channel, describe } = newConnection();
  const worker = new Worker(new URL('./bare-echo.worker.ts', import.meta.url), { type: 'module' });
  worker.postMessage(channel, [channel as unknown as Transferable]);
  signals.addEventListener('message', async ({ data }) => {
    if (data.type !== 'offer') return;
    await connection.setRemoteDescription(data);
    await describe(signals);
  });
}

/**
 * In the gamer's page: connects.
 * @returns sends that many bytes; resolves when an echo has come back
 */
export async function connectBare(): Promise<(sizeBytes: number) => Promise<unknown>> {
  const signals = new BroadcastChannel(SIGNALS);
  const { connection, channel, describe } = newConnection();
  channel.binaryType = 'arraybuffer';
  signals.addEventListener('message', async ({ data }) => {
    if (data.type === 'answer') await connection.setRemoteDescription(data);
  });
  const opened = new Promise((resolve) => channel.addEventListener('open', resolve, { once: true }));
  await describe(signals);
  await opened;
  return echoOver(
    (bytes) => channel.send(bytes),
    (onEcho) => channel.addEventListener('message', onEcho),
  );
}

/** Echoes over a channel; each echo is the answer to the message that has waited longest. */
export function echoOver(send: (bytes: Uint8Array<ArrayBuffer>) => void, listen: (onEcho: () => void) => void) {
  const waiting: ((value?: unknown) => void)[] = [];
  listen(() => waiting.shift()?.());
  return (sizeBytes: number) =>
    new Promise((resolve) => {
      waiting.push(resolve);
      send(freshBytes(sizeBytes));
    });
}

function newConnection() {
  const connection = new RTCPeerConnection({ iceServers: [] });
  const channel = connection.createDataChannel('echo', { negotiated: true, id: 0, ordered: false });
  /** Makes the offer or the answer, and says it once it holds every candidate. */
  const describe = async (signals: BroadcastChannel) => {
    connection.addEventListener('icegatheringstatechange', () => {
      if (connection.iceGatheringState === 'complete') signals.postMessage(connection.localDescription?.toJSON());
    });
    await connection.setLocalDescription();
  };
  return { connection, channel, describe };
}
