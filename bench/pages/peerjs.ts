import { type DataConnection, Peer } from 'peerjs';
import { durationsMs, inTurn, mapValues, median, mediansInTurn } from '../measuring.ts';
import { echoOver } from './bare-channel.ts';
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
export async function ourJoinMs(room: string): Promise<number> {
  const [tookMs = Number.NaN] = await durationsMs(1, () => gamer.connect({ room }));
  await gamer.close();
  return tookMs;
}

const TRIP_BYTES = 64;
const [ROUNDS, TRIPS] = [5, 200];

/** Ours and PeerJS's in one gamer's page, each with its other side in a page of its own. Tasks are not cached: PeerJS keeps no results either. */
export async function measureBesidePeerJs({ room, port, to }: { room: string; port: number; to: string }) {
  await gamer.connect({ room });
  const peerEcho = async (serialization: Serialization) => {
    const { connection } = await connectPeer({ port }, to, serialization);
    return echoOver(
      (bytes) => connection.send(bytes),
      (onEcho) => connection.on('data', onEcho),
    );
  };
  const [binary, raw] = [await peerEcho('binary'), await peerEcho('raw')];
  const tripsMs = await inTurn(
    {
      ours: () => durationsMs(TRIPS, () => gamer.taskEcho(TRIP_BYTES, gamer.UNCACHED)),
      binary: () => durationsMs(TRIPS, () => binary(TRIP_BYTES)),
      raw: () => durationsMs(TRIPS, () => raw(TRIP_BYTES)),
    },
    ROUNDS,
  );
  const perS = await mediansInTurn(
    {
      single: gamer.singlePerS(() => gamer.taskEcho(gamer.SIZE_BYTES, gamer.UNCACHED)),
      batched: gamer.batchedPerS(() => gamer.batchEcho(gamer.UNCACHED)),
      binary: gamer.singlePerS(() => binary(gamer.SIZE_BYTES)),
      raw: gamer.singlePerS(() => raw(gamer.SIZE_BYTES)),
    },
    ROUNDS,
  );
  return { perS, p50Ms: mapValues(tripsMs, (samples) => median(samples.flat())) };
}
