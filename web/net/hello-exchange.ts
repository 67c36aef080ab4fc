import { MeshError } from '../../shared/errors.ts';
import { type ControlMessage, helloSchema } from '../../shared/messages.ts';
import { SIGNALING } from '../../shared/protocol-limits.ts';
import { type PeerSignal, PROTOCOL_VERSION } from '../../shared/signaling.ts';
import type { Hello } from './link-environment.ts';

/** Our greeting on one connection: a hello, and then what has changed in it before the link opened. */
export class HelloExchange {
  readonly #hello: () => Hello;
  /** The hello that was sent; null before that. */
  #sentHello: Hello | null = null;

  /** @param hello - returns our present hello; what it returned before must not change */
  constructor(hello: () => Hello) {
    this.#hello = hello;
  }

  /**
   * Adds our hello to our first answer, so that the other side has it when the connection opens, and not a message later. A hello that is
   * longer than an answer may carry is sent over the connection.
   */
  attachToAnswer(signal: PeerSignal): PeerSignal {
    if (signal.type !== 'answer' || this.#sentHello) return signal;
    const hello = this.#hello();
    const text = JSON.stringify(hello);
    if (text.length > SIGNALING.maxHelloChars) return signal;
    this.#sentHello = hello;
    return { ...signal, hello: text };
  }

  /** To be sent when the connection has opened; null if our answer carried it. */
  afterConnect(): ControlMessage | null {
    if (this.#sentHello) return null;
    this.#sentHello = this.#hello();
    return this.#sentHello;
  }

  /** To be sent when the link opens: before that, nobody tells the other side what changes. Null if nothing did. */
  changes(): ControlMessage | null {
    const { capabilities } = this.#hello();
    if (!capabilities || JSON.stringify(capabilities) === JSON.stringify(this.#sentHello?.capabilities)) return null;
    return { kind: 'capabilities', capabilities };
  }
}

/** Throws MeshError `malformed`. */
export function helloIn(text: string): Hello {
  try {
    return helloSchema.parse(JSON.parse(text));
  } catch (cause) {
    throw new MeshError('malformed', 'The greeting of the other browser cannot be read. Reload both pages.', { cause });
  }
}

/** Throws MeshError `protocol-version`. */
export function checkVersion({ protocolVersion }: Hello): void {
  if (protocolVersion === PROTOCOL_VERSION) return;
  throw new MeshError(
    'protocol-version',
    `The other browser speaks version ${protocolVersion} of the protocol and this one version ${PROTOCOL_VERSION}. Reload both pages.`,
  );
}

/** The other side of a link that was introduced did not come, or not again. */
export function didNotReturn(): MeshError {
  return new MeshError('connection-failed', 'The other browser did not come back. It may have been closed.');
}
