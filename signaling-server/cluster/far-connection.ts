import type { Farewell, Introduction, Joined, RelayedSignal } from '../../shared/signaling.ts';
import type { SocketInfo } from '../rooms/connection.ts';
import type { Connection } from '../rooms/member.ts';
import type { Letter } from './messages.ts';

/** A member's socket at any instance, this one included: what it is told is posted. Its round trip is that of its handshake. */
export class FarConnection implements Connection {
  readonly instance: string;
  readonly socketId: string;
  readonly host: string;
  readonly address: string;
  readonly rttMs: number;

  constructor(
    { instance, socketId, host, address, rttMs }: SocketInfo,
    private readonly post: (letter: Letter) => void,
  ) {
    this.instance = instance;
    this.socketId = socketId;
    this.host = host;
    this.address = address;
    this.rttMs = rttMs;
  }

  joined(joined: Joined): void {
    this.post({ ...this.#tell, event: 'joined', body: { ok: true, value: joined } });
  }

  introduce(introduction: Introduction): void {
    this.post({ ...this.#tell, event: 'introduce', body: introduction });
  }

  signal(signal: RelayedSignal): void {
    this.post({ ...this.#tell, event: 'signal', body: signal });
  }

  gone(farewell: Farewell): void {
    this.post({ ...this.#tell, event: 'gone', body: farewell });
  }

  close(): void {
    this.post({ kind: 'end', socketId: this.socketId });
  }

  get #tell() {
    return { kind: 'tell', socketId: this.socketId } as const;
  }
}
