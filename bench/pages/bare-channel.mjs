/**
 * A plain RTCDataChannel between two pages of one origin, reliable and unordered as our own of tasks: what there is to be had from
 * this browser on this machine. The signals go over a BroadcastChannel.
 */
const SIGNALS = 'bench bare channel';

/** Volunteer's page: answers, and echoes in a worker, to which the channel moves right after it is made. */
export function answerBare() {
  const signals = new BroadcastChannel(SIGNALS);
  const { connection, channel } = newConnection(signals);
  const worker = new Worker(new URL('./bare-echo-worker.mjs', import.meta.url), { type: 'module' });
  worker.postMessage(channel, [/** @type {Transferable} */ (/** @type {unknown} */ (channel))]);
  signals.addEventListener('message', async ({ data }) => {
    if (data.type !== 'offer') return;
    await connection.setRemoteDescription(data);
    await connection.setLocalDescription();
    signals.postMessage(connection.localDescription?.toJSON());
  });
}

/** Gamer's page: offers. @returns {Promise<RTCDataChannel>} once it is open */
export async function offerBare() {
  const signals = new BroadcastChannel(SIGNALS);
  const { connection, channel } = newConnection(signals);
  channel.binaryType = 'arraybuffer';
  signals.addEventListener('message', async ({ data }) => {
    if (data.type === 'answer') await connection.setRemoteDescription(data);
  });
  const opened = new Promise((resolve) => channel.addEventListener('open', resolve, { once: true }));
  await connection.setLocalDescription();
  signals.postMessage(connection.localDescription?.toJSON());
  await opened;
  return channel;
}

/** @param {BroadcastChannel} signals */
function newConnection(signals) {
  const connection = new RTCPeerConnection({ iceServers: [] });
  const channel = connection.createDataChannel('echo', { negotiated: true, id: 0, ordered: false });
  /** @type {RTCIceCandidateInit[]} those that overtake the description */
  const early = [];
  connection.onicecandidate = ({ candidate }) => candidate && signals.postMessage({ candidate: candidate.toJSON() });
  connection.addEventListener('signalingstatechange', async () => {
    if (!connection.remoteDescription) return;
    for (const candidate of early.splice(0)) await connection.addIceCandidate(candidate);
  });
  signals.addEventListener('message', async ({ data }) => {
    if (!data.candidate) return;
    if (connection.remoteDescription) await connection.addIceCandidate(data.candidate);
    else early.push(data.candidate);
  });
  return { connection, channel };
}
