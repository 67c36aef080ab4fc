import WebSocket from 'ws';

/** A socket to a socket.io server that does nothing. */
export class BareSocket {
  readonly open: Promise<void>;
  readonly #socket: WebSocket;

  constructor(url: string) {
    const target = new URL('/socket.io/?EIO=4&transport=websocket', url.replace('http', 'ws'));
    this.#socket = new WebSocket(target, { perMessageDeflate: false });
    this.open = new Promise((resolve, reject) => {
      this.#socket.on('error', reject);
      this.#socket.on('close', () => reject(new Error('The server closed a socket.')));
      this.#socket.on('message', (data) => {
        const packet = String(data);
        if (packet.startsWith('0')) this.#socket.send('40');
        else if (packet === '2') this.#socket.send('3');
        else if (packet.startsWith('40')) resolve();
      });
    });
    this.open.catch(() => {});
  }

  get isOpen(): boolean {
    return this.#socket.readyState === WebSocket.OPEN;
  }

  close(): void {
    this.#socket.terminate();
  }
}
