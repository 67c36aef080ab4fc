import { randomBytes } from 'node:crypto';
import WebSocket from 'ws';
import { type Joined, type JoinRequest, PROTOCOL_VERSION, type Role } from '../../shared/signaling.ts';

/** Where a socket seems to come from, for a server behind a proxy. */
interface Options {
  role: Role;
  room: string;
  address?: string | undefined;
}

const STATUS = { load: 0, accepting: true, tasks: ['echo'], maxGamers: 8 };

/**
 * A page's socket as the network sees it, without the client's own weight: ten thousand of them fit in one process. It speaks
 * engine.io's and socket.io's packets: `0` open, `2`/`3` ping and pong, `40` connect with the join, `42` an event, `43` an answer.
 */
export class OurSocket {
  readonly #socket: WebSocket;
  readonly joined: Promise<Joined>;
  #onSignal: (attempt: number) => void = () => {};
  #onAnswer: (isOk: boolean) => void = () => {};
  #answers = 0;

  constructor(url: string, { role, room, address }: Options) {
    const headers = address === undefined ? {} : { 'x-forwarded-for': address };
    const target = new URL('/socket.io/?EIO=4&transport=websocket', url.replace('http', 'ws'));
    this.#socket = new WebSocket(target, { perMessageDeflate: false, headers });
    const join: JoinRequest = {
      ...{ protocolVersion: PROTOCOL_VERSION, sessionKey: randomBytes(16).toString('base64url') },
      ...{ role, name: role, room, ...(role === 'volunteer' && { status: STATUS }) },
    };
    this.joined = new Promise((resolve, reject) => {
      this.#socket.on('error', reject);
      this.#socket.on('close', () => reject(new Error('The server closed a socket.')));
      this.#socket.on('message', (data) => this.#heard(String(data), join, resolve, reject));
    });
    // Whoever does not wait for it is told of the loss by what it waits for.
    this.joined.catch(() => {});
  }

  get isOpen(): boolean {
    return this.#socket.readyState === WebSocket.OPEN;
  }

  onSignal(listener: (attempt: number) => void): void {
    this.#onSignal = listener;
  }

  /** Told of every answer to a signal. */
  onAnswer(listener: (isOk: boolean) => void): void {
    this.#onAnswer = listener;
  }

  signal(to: string, attempt: number): void {
    const signal = { type: 'candidate', candidate: { candidate: CANDIDATE, sdpMLineIndex: 0, sdpMid: '0' } };
    this.#socket.send(`42${this.#answers++}${JSON.stringify(['signal', { to, attempt, signal }])}`);
  }

  /** As a page does that closes: nothing of it stays at the server. */
  close(): void {
    if (this.isOpen) {
      this.#socket.send('42["leave",null]');
      this.#socket.close();
    } else this.#socket.terminate();
  }

  #heard(packet: string, join: JoinRequest, resolve: (joined: Joined) => void, reject: (cause: Error) => void): void {
    if (packet.startsWith('0')) this.#socket.send(`40${JSON.stringify(join)}`);
    else if (packet === '2') this.#socket.send('3');
    else if (packet.startsWith('43')) this.#onAnswer(packet.includes('"ok":true'));
    else if (packet.startsWith('42')) {
      const [event, body] = JSON.parse(packet.slice(2));
      if (event === 'signal') this.#onSignal(body.attempt);
      if (event !== 'joined') return;
      if (body.ok) resolve(body.value);
      else reject(new Error(body.error.message));
    }
  }
}

/** As a browser makes them. */
export const CANDIDATE =
  'candidate:842163049 1 udp 1677729535 203.0.113.7 46154 typ srflx raddr 0.0.0.0 rport 0 generation 0';
