import { MeshError } from '../../shared/errors.ts';
import { helloSchema } from '../../shared/messages.ts';
import { SIGNALING } from '../../shared/protocol-limits.ts';
import { type PeerSignal, PROTOCOL_VERSION } from '../../shared/signaling.ts';
import type { Hello } from './link-environment.ts';

/**
 * Adds our hello to an answer, so that the other side has it when the connection opens, and not a message later.
 * @returns null when it is no answer, or the hello is longer than an answer may carry: then the hello is sent over the connection
 */
export function withHello(signal: PeerSignal, hello: () => Hello): PeerSignal | null {
  if (signal.type !== 'answer') return null;
  const text = JSON.stringify(hello());
  return text.length > SIGNALING.maxHelloChars ? null : { ...signal, hello: text };
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
