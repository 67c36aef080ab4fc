import type { Clock } from '../../../shared/clock.ts';
import { iceRouteOf } from '../connection-outcome.ts';
import { withLowWater } from '../peer.ts';
import type { ThroughputFinding } from './findings.ts';
import type { Connect } from './ice-gathering.ts';

/** Most bytes sent one way: what a good link carries in a fraction of a second, and no owner of a relay minds. */
export const MAX_SENT_BYTES = 2 * 1_024 * 1_024;
/** Longest time of sending one way, ms. */
export const SENDING_MS = 700;
/** Every browser takes messages of this size. */
const CHUNK_BYTES = 16 * 1_024;
/** Sent and not yet on the way, bytes: enough to keep a fast link busy, little enough to stop soon. */
const QUEUE_BYTES = 256 * 1_024;

interface ThroughputOptions {
  connect: Connect;
  clock: Clock;
  iceServers: RTCIceServer[];
  /** Whether both ends use the relay only. Otherwise data does not leave this machine. */
  byRelay: boolean;
  /** For all of it, ms. */
  limitMs: number;
}

/**
 * Connects this page with itself and sends as much as the bounds allow, first one way, then the other. Data that passes a relay uses this
 * machine's uplink and its downlink at once, so what is measured is the slower of the two. Never rejects.
 */
export async function probeThroughput(options: ThroughputOptions): Promise<ThroughputFinding> {
  const path = options.byRelay ? 'relay' : 'direct';
  const { connect, clock, iceServers, byRelay, limitMs } = options;
  const connections: RTCPeerConnection[] = [];
  let cancelLimit = () => {};
  let isLate = false;
  try {
    const late = new Promise<never>((_, reject) => {
      cancelLimit = clock.after(limitMs, () => {
        isLate = true;
        reject(new Error('it took too long'));
      });
    });
    const make = () => {
      const connection = connect({ iceServers, iceTransportPolicy: byRelay ? 'relay' : 'all' });
      connections.push(connection);
      return connection;
    };
    const [near, far] = [make(), make()];
    const measuring = measure(near, far, clock);
    return { result: 'works', path, ...(await Promise.race([measuring, late])) };
  } catch {
    return { result: 'failed', path, waitedMs: isLate ? limitMs : null };
  } finally {
    cancelLimit();
    for (const connection of connections) connection.close();
  }
}

type Measured = Omit<Extract<ThroughputFinding, { result: 'works' }>, 'result' | 'path'>;

async function measure(near: RTCPeerConnection, far: RTCPeerConnection, clock: Clock): Promise<Measured> {
  const settings: RTCDataChannelInit = { negotiated: true, id: 0 };
  const channelOf = (connection: RTCPeerConnection) =>
    withLowWater(connection.createDataChannel('test', settings), clock);
  const [here, there] = [channelOf(near), channelOf(far)];
  const opened = Promise.all([here, there].map(isOpen));
  exchangeCandidates(near, far);
  const offer = await near.createOffer();
  await near.setLocalDescription(offer);
  await far.setRemoteDescription(offer);
  const answer = await far.createAnswer();
  await far.setLocalDescription(answer);
  await near.setRemoteDescription(answer);
  await opened;
  const upMbps = await send(here, there, clock);
  const downMbps = await send(there, here, clock);
  return { upMbps, downMbps, rttMs: iceRouteOf(await near.getStats())?.rttMs ?? null };
}

/** A candidate is told only after its description: the browser then takes both in that order. One that it does not take may not be needed. */
function exchangeCandidates(near: RTCPeerConnection, far: RTCPeerConnection): void {
  for (const [from, to] of [
    [near, far],
    [far, near],
  ] as const) {
    from.addEventListener('icecandidate', ({ candidate }) => {
      if (candidate) void to.addIceCandidate(candidate).catch(() => {});
    });
  }
}

function isOpen(channel: RTCDataChannel): Promise<void> {
  return new Promise((resolve, reject) => {
    channel.addEventListener('open', () => resolve());
    channel.addEventListener('close', () => reject(new Error('the channel closed')));
  });
}

/** @returns megabits a second from the message that started the clock to the last, one at least */
function send(from: RTCDataChannel, to: RTCDataChannel, clock: Clock): Promise<number> {
  return new Promise((resolve) => {
    const chunk = new ArrayBuffer(CHUNK_BYTES);
    let sentBytes = 0;
    let arrivedBytes = 0;
    /** Of these, those since the clock was started. */
    let timedBytes = 0;
    let startMs: number | null = null;
    /** The first message beyond so many bytes starts the clock. */
    let startsAfterBytes = 0;
    let starts = 0;
    let isTimeUp = false;
    let cancelEnd = () => {};
    const start = () => {
      startMs = clock.now();
      starts++;
      isTimeUp = false;
      cancelEnd = clock.after(SENDING_MS, () => {
        isTimeUp = true;
        // Else the next one tells the rate, of a line or a machine that is that slow.
        if (timedBytes > 0) finish();
      });
    };
    const finish = () => {
      cancelEnd();
      from.removeEventListener('bufferedamountlow', fill);
      to.removeEventListener('message', receive);
      // A timer's step is the shortest time that can be told.
      resolve((timedBytes * 8) / 1_000 / Math.max(1, clock.now() - (startMs ?? 0)));
    };
    const receive = () => {
      arrivedBytes += CHUNK_BYTES;
      // Where all the time passes before a second message, this page may have been busy. What was sent until now may have come meanwhile, at once.
      if (startMs !== null && isTimeUp && starts < 2) {
        startMs = null;
        startsAfterBytes = sentBytes <= MAX_SENT_BYTES - 2 * CHUNK_BYTES ? sentBytes : 0;
      }
      // A message that starts the clock is not counted: how long it took to come says nothing of the rate.
      if (startMs === null) {
        if (arrivedBytes > startsAfterBytes) start();
        return;
      }
      timedBytes += CHUNK_BYTES;
      if (isTimeUp || arrivedBytes >= MAX_SENT_BYTES) finish();
    };
    const fill = () => {
      while (sentBytes < MAX_SENT_BYTES && from.bufferedAmount < QUEUE_BYTES) {
        from.send(chunk);
        sentBytes += CHUNK_BYTES;
      }
    };
    from.bufferedAmountLowThreshold = QUEUE_BYTES / 2;
    from.addEventListener('bufferedamountlow', fill);
    to.addEventListener('message', receive);
    fill();
  });
}
