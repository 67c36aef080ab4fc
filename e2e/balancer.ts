import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/**
 * A load balancer without sticky sessions: each TCP connection goes to the next server, round robin, that accepts it. It stands for
 * the simplest balancer a self-hoster or a cloud may provide.
 */
export class Balancer {
  readonly #server = createServer((client) => this.#pass(client, this.ports.length));
  readonly #sockets = new Set<Socket>();
  #turn = 0;

  static async start(ports: readonly number[]): Promise<Balancer> {
    const balancer = new Balancer(ports);
    balancer.#server.listen(0, 'localhost');
    await once(balancer.#server, 'listening');
    return balancer;
  }

  private constructor(private readonly ports: readonly number[]) {}

  get url(): string {
    return `http://localhost:${(this.#server.address() as AddressInfo).port}/`;
  }

  async stop(): Promise<void> {
    const closed = once(this.#server.close(), 'close');
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  /** @param tries servers that it may yet be offered to. */
  #pass(client: Socket, tries: number): void {
    const port = this.ports[this.#turn++ % this.ports.length];
    if (port === undefined || tries === 0) {
      client.destroy();
      return;
    }
    const server = connect(port, 'localhost');
    server.once('error', () => this.#pass(client, tries - 1));
    server.once('connect', () => {
      server.removeAllListeners('error');
      this.#join(client, server);
      this.#join(server, client);
      client.pipe(server).pipe(client);
    });
  }

  /** When one side closes, the other is closed too. */
  #join(one: Socket, other: Socket): void {
    this.#sockets.add(one);
    one.on('error', () => other.destroy());
    one.on('close', () => {
      this.#sockets.delete(one);
      other.destroy();
    });
  }
}
