import { freshBytes } from './payload.mjs';

/**
 * @typedef {object} DataConnection as far as the bench uses PeerJS's
 * @property {(event: string, listener: (data: unknown) => void) => void} on
 * @property {(data: Uint8Array) => void} send
 * @property {() => void} close
 */
/** @typedef {'binary' | 'raw'} Serialization */
/** @typedef {{ port: number, id?: string }} PeerServerAddress */

/** Only an address: PeerJS is a plain script that leaves `Peer` behind. */
const PEERJS = './peerjs.js';
await import(PEERJS);
const { Peer } = /** @type {{ Peer: new (...args: unknown[]) => PeerJsPeer }} */ (/** @type {unknown} */ (globalThis));

/**
 * @typedef {object} PeerJsPeer
 * @property {string} id
 * @property {(event: string, listener: (value: never) => void) => void} on
 * @property {(id: string, options: object) => DataConnection} connect
 * @property {() => void} destroy
 */

/** @param {PeerServerAddress} address */
function newPeer({ port, id }) {
  const options = { host: 'localhost', port, path: '/', config: { iceServers: [] } };
  return id === undefined ? new Peer(options) : new Peer(id, options);
}

/** The other side: waits under its id and echoes. @param {PeerServerAddress} address */
export async function waitAndEcho(address) {
  const peer = newPeer(address);
  const opened = new Promise((resolve) => peer.on('open', resolve));
  peer.on('connection', (/** @type {DataConnection} */ connection) => {
    connection.on('data', (data) => connection.send(new Uint8Array(/** @type {ArrayBuffer} */ (data))));
  });
  await opened;
}

/**
 * @param {PeerServerAddress & { to: string, serialization: Serialization }} options
 * @returns {Promise<DataConnection & { peer: PeerJsPeer }>} once it is open
 */
function connectTo({ to, serialization, ...address }) {
  return new Promise((resolve, reject) => {
    const peer = newPeer(address);
    peer.on('error', reject);
    peer.on('open', () => {
      const connection = peer.connect(to, { serialization, reliable: true });
      connection.on('open', () => resolve(Object.assign(connection, { peer })));
    });
  });
}

/**
 * From nothing but loaded code to an open connection.
 * @param {PeerServerAddress & { to: string, serialization: Serialization }} options
 */
export async function joinMs(options) {
  const startedMs = performance.now();
  const { peer } = await connectTo(options);
  const tookMs = performance.now() - startedMs;
  peer.destroy();
  return tookMs;
}

/** @typedef {{ connection: DataConnection, onAnswer: () => void }} Kept */

/** @type {Map<Serialization, Kept>} */
const kept = new Map();

/** @param {PeerServerAddress & { to: string, serialization: Serialization }} options */
export async function keepConnection(options) {
  const entry = { connection: await connectTo(options), onAnswer: () => {} };
  entry.connection.on('data', () => entry.onAnswer());
  kept.set(options.serialization, entry);
}

/** @param {Serialization} serialization */
function keptOf(serialization) {
  const entry = kept.get(serialization);
  if (!entry) throw new Error(`There is no PeerJS connection for '${serialization}': call keepConnection first.`);
  return entry;
}

/**
 * @param {Serialization} serialization
 * @param {number} sizeBytes
 */
export function peerEcho(serialization, sizeBytes) {
  const entry = keptOf(serialization);
  return new Promise((resolve) => {
    entry.onAnswer = () => resolve(undefined);
    entry.connection.send(freshBytes(sizeBytes));
  });
}

/**
 * Each echo that comes back sends the next.
 * @param {Serialization} serialization
 * @param {import('./echo-loads.mjs').Load} load
 * @returns {Promise<number>} echoes a second
 */
export function peerRate(serialization, { sizeBytes, window, durationMs }) {
  const entry = keptOf(serialization);
  return new Promise((resolve) => {
    const startedMs = performance.now();
    let done = 0;
    let outstanding = window;
    entry.onAnswer = () => {
      done++;
      const elapsedMs = performance.now() - startedMs;
      if (elapsedMs < durationMs) entry.connection.send(freshBytes(sizeBytes));
      else if (--outstanding === 0) resolve((1_000 * done) / elapsedMs);
    };
    for (let index = 0; index < window; index++) entry.connection.send(freshBytes(sizeBytes));
  });
}

/** Called once the page has this module, and with it all the code there is to load. */
export function loaded() {}
