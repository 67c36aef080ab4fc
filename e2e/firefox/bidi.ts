import { once } from 'node:events';
import { WebSocket } from 'ws';

/** A command that has no answer by then, ms, hangs. */
const COMMAND_TIMEOUT_MS = 90_000;

type Listener = (params: Record<string, unknown>) => void;

/** What the browser answers to a command, and what it tells by itself. */
interface Message {
  id?: number;
  result?: Record<string, unknown>;
  error?: string;
  message?: string;
  method?: string;
  params?: Record<string, unknown>;
}

/** A session of WebDriver BiDi (https://w3c.github.io/webdriver-bidi/), which Firefox itself speaks, without a driver beside it. */
export class BidiSession {
  readonly #socket: WebSocket;
  readonly #commands = new Map<
    number,
    { resolve(result: Record<string, unknown>): void; reject(error: Error): void }
  >();
  readonly #listeners = new Map<string, Set<Listener>>();
  #nextId = 1;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.on('message', (data) => this.#received(JSON.parse(String(data))));
    socket.on('close', () => {
      for (const { reject } of this.#commands.values()) reject(new Error('Firefox closed its session.'));
      this.#commands.clear();
    });
  }

  /** @param url - of the browser's WebSocket server, which it prints when it starts. */
  static async open(url: string): Promise<BidiSession> {
    const socket = new WebSocket(`${url}/session`);
    await once(socket, 'open');
    const session = new BidiSession(socket);
    await session.send('session.new', { capabilities: {} });
    return session;
  }

  /** Throws an Error that names the command. */
  async send(method: string, params: Record<string, unknown>): Promise<Record<string, unknown>> {
    const id = this.#nextId++;
    let timer: NodeJS.Timeout | undefined;
    try {
      return await new Promise((resolve, reject) => {
        timer = setTimeout(() => reject(new Error(`Firefox did not answer ${method}.`)), COMMAND_TIMEOUT_MS);
        this.#commands.set(id, { resolve, reject: (error) => reject(new Error(`${method}: ${error.message}`)) });
        this.#socket.send(JSON.stringify({ id, method, params }));
      });
    } finally {
      clearTimeout(timer);
      this.#commands.delete(id);
    }
  }

  /** Events must have been subscribed to with `session.subscribe`. */
  on(method: string, listener: Listener): void {
    const listeners = this.#listeners.get(method) ?? new Set();
    this.#listeners.set(method, listeners.add(listener));
  }

  close(): void {
    this.#socket.terminate();
  }

  #received({ id, result, error, message, method, params }: Message): void {
    if (id === undefined) {
      for (const listener of this.#listeners.get(method ?? '') ?? []) listener(params ?? {});
    } else if (error === undefined) {
      this.#commands.get(id)?.resolve(result ?? {});
    } else {
      this.#commands.get(id)?.reject(new Error(message ?? error));
    }
  }
}
