import { randomBytes } from 'node:crypto';
import { Agent, get } from 'node:http';
import { text } from 'node:stream/consumers';
import WebSocket from 'ws';
import { type Joined, type JoinRequest, PROTOCOL_VERSION, type Role } from '../../shared/signaling.ts';

/** PeerJS's interval. */
const PEERJS_HEARTBEAT_MS = 5_000;
const SOCKET_IO = '/socket.io/?EIO=4&transport=websocket';
const CANDIDATE = 'candidate:842163049 1 udp 1677729535 203.0.113.7 46154 typ srflx raddr 0.0.0.0 rport 0 generation 0';
const STATUS = { load: 0, accepting: true, tasks: ['echo'], maxGamers: 8 };

/**
 * A page's socket as the server sees it, without the weight of the client: ten thousand of them fit in one process.
 * `Welcome` is what the server lets it in with.
 */
export abstract class ClientSocket<Welcome = unknown> {
  /** Resolves when the server has let it in. */
  readonly joined: Promise<Welcome>;
  /** Called for each signal from the other side, with its number. */
  onSignal: (nth: number) => void = () => {};
  protected readonly socket: WebSocket;

  constructor(url: string, path: string) {
    const target = new URL(path, url.replace('http', 'ws'));
    this.socket = new WebSocket(target, { perMessageDeflate: false });
    this.joined = new Promise((resolve, reject) => {
      this.socket.on('error', reject);
      this.socket.on('close', () => reject(new Error('The server closed a socket.')));
      this.socket.on('message', (data) => this.receive(String(data), resolve, reject));
    });
    // Those who do not wait for it learn of the loss by other means.
    this.joined.catch(() => {});
  }

  get isOpen(): boolean {
    return this.socket.readyState === WebSocket.OPEN;
  }

  close(): void {
    this.socket.terminate();
  }

  protected abstract receive(packet: string, resolve: (welcome: Welcome) => void, reject: (cause: Error) => void): void;
}

/**
 * A socket to our server. It speaks the packets of engine.io and socket.io: `0` open, `2`/`3` ping and pong, `40` connect with the
 * join, `42` an event.
 */
export class OurSocket extends ClientSocket<Joined> {
  readonly #join: JoinRequest;
  #answers = 0;

  constructor(url: string, { role, room }: { role: Role; room: string }) {
    super(url, SOCKET_IO);
    this.#join = {
      protocolVersion: PROTOCOL_VERSION,
      sessionKey: randomBytes(16).toString('base64url'),
      role,
      name: role,
      room,
      ...(role === 'volunteer' && { status: STATUS }),
    };
  }

  signal(to: string, attempt: number): void {
    const signal = { type: 'candidate', candidate: { candidate: CANDIDATE, sdpMLineIndex: 0, sdpMid: '0' } };
    this.socket.send(`42${this.#answers++}${JSON.stringify(['signal', { to, attempt, signal }])}`);
  }

  /** Leaves as a page does that is closed: the server forgets the session. */
  override close(): void {
    if (this.isOpen) {
      this.socket.send('42["leave",null]');
      this.socket.close();
    } else super.close();
  }

  protected receive(packet: string, resolve: (joined: Joined) => void, reject: (cause: Error) => void): void {
    if (packet.startsWith('0')) this.socket.send(`40${JSON.stringify(this.#join)}`);
    else if (packet === '2') this.socket.send('3');
    else if (packet.startsWith('42')) {
      const [event, body] = JSON.parse(packet.slice(2));
      if (event === 'signal') this.onSignal(body.attempt);
      if (event !== 'joined') return;
      if (body.ok) resolve(body.value);
      else reject(new Error(body.error.message));
    }
  }
}

// As browsers do; it also costs this process, which shares cores with the server, less than fetch.
const KEEP_ALIVE = new Agent({ keepAlive: true });

/** A socket of PeerJS to its own server. */
export class PeerSocket extends ClientSocket<void> {
  readonly id: string;

  /** @param id - from the server: PeerJS asks it for one unless the page has an id of its own */
  constructor(url: string, id = randomBytes(16).toString('hex')) {
    super(url, `/peerjs?key=peerjs&id=${id}&token=${randomBytes(8).toString('hex')}`);
    this.id = id;
    const heartbeat = setInterval(() => this.isOpen && this.socket.send('{"type":"HEARTBEAT"}'), PEERJS_HEARTBEAT_MS);
    this.socket.on('close', () => clearInterval(heartbeat));
  }

  /** An id that PeerServer makes for a page without one. */
  static newId(url: string): Promise<string> {
    return new Promise((resolve, reject) => {
      const request = get(new URL('/peerjs/id', url), { agent: KEEP_ALIVE }, (response) =>
        text(response).then(resolve, reject),
      );
      request.on('error', reject);
    });
  }

  signal(to: string, attempt: number): void {
    const payload = { attempt, candidate: { candidate: CANDIDATE, sdpMLineIndex: 0, sdpMid: '0' } };
    this.socket.send(JSON.stringify({ type: 'CANDIDATE', dst: to, payload }));
  }

  protected receive(packet: string, resolve: () => void, reject: (cause: Error) => void): void {
    const message = JSON.parse(packet);
    if (message.type === 'OPEN') resolve();
    else if (message.type === 'CANDIDATE') this.onSignal(message.payload.attempt);
    else reject(new Error(`PeerServer says ${message.type}.`));
  }
}
