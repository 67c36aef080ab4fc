import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { ImpairedPath } from './impaired-path.mjs';

const HOST = '127.0.0.1';
/** Limit of clients: two browsers use a dozen sockets. */
const MAX_CLIENTS = 64;
/** Receive buffer of a socket: a burst of a second of video must not be lost here, where no test counts it. */
const SOCKET_BUFFER_BYTES = 4 * 1024 * 1024;

/**
 * @typedef {object} Impairment
 * @property {number} delayMs in each direction
 * @property {number} loss 0..1, in each direction
 * @property {number} queueBytes queue limit in each direction while the rate is limited; datagrams beyond it are dropped
 * @property {number} [seed] for the random losses
 */

/**
 * Sits in front of a UDP server on this machine, such as a TURN server, and impairs the path to it. It needs no `tc netem`, which a
 * container's kernel may lack. All clients share the path, as the flats of a house share one line.
 */
export class ImpairedRelay {
  /** The socket that clients send to. */
  #socket = createSocket({ type: 'udp4', recvBufferSize: SOCKET_BUFFER_BYTES });
  /** To the server a socket for each client, by the client's address. @type {Map<string, import('node:dgram').Socket>} */
  #clients = new Map();
  #serverPort;
  #up;
  #down;

  /**
   * @param {number} serverPort
   * @param {Impairment} impairment
   */
  static async start(serverPort, impairment) {
    const relay = new ImpairedRelay(serverPort, impairment);
    relay.#socket.bind(0, HOST);
    await once(relay.#socket, 'listening');
    return relay;
  }

  /**
   * @param {number} serverPort
   * @param {Impairment} impairment
   */
  constructor(serverPort, { seed = 1, ...impairment }) {
    this.#serverPort = serverPort;
    this.#up = new ImpairedPath({ ...impairment, seed });
    this.#down = new ImpairedPath({ ...impairment, seed: seed + 1 });
    this.#socket.on('message', (data, { address, port }) => this.#cameUp(data, address, port));
  }

  get port() {
    return this.#socket.address().port;
  }

  /** Datagrams in each direction that were passed, lost, and dropped because the queue was full. */
  get counts() {
    return { up: this.#up.counts, down: this.#down.counts };
  }

  /** Limits the rate in each direction; null: no limit. @param {number | null} kbps */
  squeeze(kbps) {
    this.#up.squeeze(kbps);
    this.#down.squeeze(kbps);
  }

  async stop() {
    this.#up.stop();
    this.#down.stop();
    const sockets = [this.#socket, ...this.#clients.values()];
    this.#clients.clear();
    await Promise.all(sockets.map((socket) => new Promise((resolve) => socket.close(() => resolve(undefined)))));
  }

  /**
   * @param {Buffer} data
   * @param {string} address
   * @param {number} port
   */
  #cameUp(data, address, port) {
    const client = this.#clientAt(address, port);
    if (client) this.#up.carry(data, () => client.send(data, this.#serverPort, HOST));
  }

  /**
   * @param {string} address
   * @param {number} port
   */
  #clientAt(address, port) {
    const key = `${address}:${port}`;
    const known = this.#clients.get(key);
    if (known || this.#clients.size >= MAX_CLIENTS) return known;
    const client = createSocket({ type: 'udp4', recvBufferSize: SOCKET_BUFFER_BYTES });
    client.on('message', (data) => this.#down.carry(data, () => this.#socket.send(data, port, address)));
    client.bind(0, HOST);
    this.#clients.set(key, client);
    return client;
  }
}
