import { type DataConnection, Peer } from 'peerjs';
import { durationsMs, inTurn, mapValues, median, mediansInTurn, percentile } from '../measuring.ts';
import { connectBare, echoOver } from './bare-channel.ts';
import * as gamer from './gamer.ts';

type Serialization = 'binary' | 'raw';

/** PeerJS's own server, and the id to use; without an id PeerJS asks the server for one first. */
interface PeerAddress {
  port: number;
  id?: string;
}

function newPeer({ port, id }: PeerAddress): Peer {
  const options = { host: 'localhost', port, path: '/', config: { iceServers: [] } };
  return id === undefined ? new Peer(options) : new Peer(id, options);
}

/** Waits for connections under its id and echoes. */
export async function waitAndEcho(address: PeerAddress): Promise<void> {
  const peer = newPeer(address);
  peer.on('connection', (connection) => {
    connection.on('data', (data) => connection.send(new Uint8Array(data as ArrayBuffer)));
  });
  await new Promise((resolve) => peer.on('open', resolve));
}

function connectPeer(address: PeerAddress, to: string, serialization: Serialization) {
  return new Promise<{ peer: Peer; connection: DataConnection }>((resolve, reject) => {
    const peer = newPeer(address);
    peer.on('error', reject);
    peer.on('open', () => {
      const connection = peer.connect(to, { serialization, reliable: true });
      connection.on('open', () => resolve({ peer, connection }));
    });
  });
}

/** Loads this module and the SDK, so that joining loads nothing more. */
export const load = async () => void (await gamer.loadSdk());

/** Time from loaded code to an open PeerJS connection, ms. */
export async function peerJoinMs({ to, ...address }: PeerAddress & { to: string }): Promise<number> {
  let joined: Peer | undefined;
  const [tookMs = Number.NaN] = await durationsMs(1, async () => {
    joined = (await connectPeer(address, to, 'binary')).peer;
  });
  joined?.destroy();
  return tookMs;
}

/** From now on this page's network refuses WebSockets, as some proxies do. */
export function refuseWebSockets(): void {
  window.WebSocket = class {
    onerror?(event: Event): void;
    onclose?(event: CloseEvent): void;

    constructor() {
      setTimeout(() => {
        this.onerror?.(new Event('error'));
        this.onclose?.(new CloseEvent('close', { code: 1006 }));
      });
    }

    close() {}
  } as unknown as typeof WebSocket;
}

/** Time from loaded code to a volunteer that is ready for work, ms. */
export async function ourJoinMs(): Promise<number> {
  const [tookMs = Number.NaN] = await durationsMs(1, () => gamer.connect());
  await gamer.close();
  return tookMs;
}

const TRIP_BYTES = 64;
const [ROUNDS, TRIPS] = [7, 200];

/**
 * Echoes as tasks, over a bare channel and over PeerJS in one gamer's page; the other sides are pages of this browser. Beside PeerJS, which keeps
 * no results, tasks are not cached either.
 */
export async function measureEchoes({ port, to }: { port: number; to: string }) {
  await gamer.connect();
  const peerEcho = async (serialization: Serialization) => {
    const { connection } = await connectPeer({ port }, to, serialization);
    return echoOver(
      (bytes) => connection.send(bytes),
      (onEcho) => connection.on('data', onEcho),
    );
  };
  const echoes = { bare: await connectBare(), binary: await peerEcho('binary'), raw: await peerEcho('raw') };
  const perS = await mediansInTurn(
    {
      ...mapValues(echoes, (echo) => gamer.singlePerS(() => echo(gamer.SIZE_BYTES))),
      // The same bytes with a batch in each message: what the channel itself gains by that.
      bareBatched: gamer.batchedPerS(() => echoes.bare(gamer.BATCH * gamer.SIZE_BYTES)),
      single: gamer.singlePerS(() => gamer.taskEcho(gamer.SIZE_BYTES)),
      batched: gamer.batchedPerS(() => gamer.batchEcho()),
      singleUncached: gamer.singlePerS(() => gamer.taskEcho(gamer.SIZE_BYTES, gamer.UNCACHED)),
      batchedUncached: gamer.batchedPerS(() => gamer.batchEcho(gamer.UNCACHED)),
    },
    ROUNDS,
  );
  const tripsMs = await inTurn(
    {
      ...mapValues(echoes, (echo) => () => durationsMs(TRIPS, () => echo(TRIP_BYTES))),
      task: () => durationsMs(TRIPS, () => gamer.taskEcho(TRIP_BYTES, gamer.UNCACHED)),
    },
    ROUNDS,
  );
  const at = (share: number) => mapValues(tripsMs, (samples) => median(samples.map((ms) => percentile(ms, share))));
  return { perS, p50Ms: at(0.5), p99Ms: at(0.99) };
}
