import { randomBytes } from 'node:crypto';
import { Agent, get } from 'node:http';
import { text } from 'node:stream/consumers';
import WebSocket from 'ws';
import { CANDIDATE } from './our-socket.ts';

/** As often as PeerJS sends it. */
const HEARTBEAT_MS = 5_000;
/** As browsers do; and it costs these clients, whose time is not to be the server's, less than fetch. */
const KEEP_ALIVE = new Agent({ keepAlive: true });

/** A socket of PeerJS to its own server. */
export class PeerSocket {
  readonly id: string;
  readonly open: Promise<void>;
  readonly #socket: WebSocket;
  #onSignal: (attempt: number) => void = () => {};

  /** @param id - as its server gave it: PeerJS asks for one unless the page has a name of its own. */
  constructor(url: string, id = randomBytes(16).toString('hex')) {
    this.id = id;
    const target = new URL(
      `/peerjs?key=peerjs&id=${id}&token=${randomBytes(8).toString('hex')}`,
      url.replace('http', 'ws'),
    );
    this.#socket = new WebSocket(target, { perMessageDeflate: false });
    this.open = new Promise((resolve, reject) => {
      this.#socket.on('error', reject);
      this.#socket.on('close', () => reject(new Error('PeerServer closed a socket.')));
      this.#socket.on('message', (data) => {
        const message = JSON.parse(String(data));
        if (message.type === 'OPEN') resolve();
        else if (message.type === 'CANDIDATE') this.#onSignal(message.payload.attempt);
        else reject(new Error(`PeerServer says ${message.type}.`));
      });
    });
    this.open.catch(() => {});
    const heart = setInterval(() => this.#socket.readyState === WebSocket.OPEN && this.#beat(), HEARTBEAT_MS);
    this.#socket.on('close', () => clearInterval(heart));
  }

  /** The id that PeerServer makes for who has none. */
  static newId(url: string): Promise<string> {
    return new Promise((resolve, reject) => {
      get(new URL('/peerjs/id', url), { agent: KEEP_ALIVE }, (response) => text(response).then(resolve, reject)).on(
        'error',
        reject,
      );
    });
  }

  get isOpen(): boolean {
    return this.#socket.readyState === WebSocket.OPEN;
  }

  onSignal(listener: (attempt: number) => void): void {
    this.#onSignal = listener;
  }

  signal(dst: string, attempt: number): void {
    const payload = { attempt, candidate: { candidate: CANDIDATE, sdpMLineIndex: 0, sdpMid: '0' } };
    this.#socket.send(JSON.stringify({ type: 'CANDIDATE', dst, payload }));
  }

  close(): void {
    this.#socket.terminate();
  }

  #beat(): void {
    this.#socket.send('{"type":"HEARTBEAT"}');
  }
}
