import { sizeWords } from './bytes.ts';

/** Reasons of a {@link MeshError}, the same for the callers of the SDK, for the pages and on the wire. */
export const MESH_ERROR_REASONS = [
  'bad-input',
  'unknown-task',
  'unknown-model',
  'no-volunteer',
  'timeout',
  'cancelled',
  'queue-full',
  'volunteer-failed',
  'verify-failed',
  'room-full',
  'not-invited',
  'rate-limited',
  'protocol-version',
  'connection-failed',
  'signaling-unreachable',
  'unsupported-browser',
  'device-lost',
  'source-ended',
  'too-large',
  'malformed',
  'closed',
] as const;

export type MeshErrorReason = (typeof MESH_ERROR_REASONS)[number];

/** Longest error message on the wire. A shader compiler's may be longer and is cut, since it would make the message that carries it malformed. */
export const MAX_WIRE_MESSAGE_CHARS = 2_000;

/** A {@link MeshError} as it travels between threads, browsers and the server. */
export interface WireError {
  reason: MeshErrorReason;
  message: string;
}

/** The only error that the SDK throws or rejects with. `message` tells a person what to do. */
export class MeshError extends Error {
  override readonly name = 'MeshError';

  /** @param message - one or more sentences for a person, ending with what to do. */
  constructor(
    readonly reason: MeshErrorReason,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }

  static badInput(what: string): MeshError {
    return new MeshError('bad-input', what);
  }

  static verifyFailed(what: string): MeshError {
    return new MeshError('verify-failed', `${what} The work is done again elsewhere.`);
  }

  /** A wrong frame of a live stream: unlike a task it is not done again. */
  static wrongFrame(what: string): MeshError {
    return new MeshError('verify-failed', `${what} The stream goes on without it.`);
  }

  static malformed(what: string): MeshError {
    return new MeshError('malformed', `${what} The other side may run another version; reload both pages.`);
  }

  static tooLarge(what: string, sizeBytes: number, limitBytes: number): MeshError {
    const sizes = `${sizeWords(sizeBytes)}, and the limit is ${sizeWords(limitBytes, 'down')}`;
    return new MeshError('too-large', `${what}: ${sizes}. Send something smaller.`);
  }

  static cancelled(what = 'The task'): MeshError {
    return new MeshError('cancelled', `${what} was cancelled.`);
  }

  static timeout(what: string, timeoutMs: number): MeshError {
    return new MeshError(
      'timeout',
      `${what} did not finish within ${Math.round(timeoutMs)} ms. Allow more time or send less work.`,
    );
  }

  static closed(what: string): MeshError {
    return new MeshError('closed', `${what} is closed. Open a new one to go on.`);
  }

  static removedFromRoom(): MeshError {
    return new MeshError(
      'not-invited',
      'The owner of this room has removed this machine from it, for as long as the room exists. Ask the owner why, or help in another room.',
    );
  }

  /** Rebuilds an error that crossed a thread or a link. Anything that is not a MeshError gets the reason `fallback` and keeps its message, cut to the length that may travel. */
  static from(cause: unknown, fallback: MeshErrorReason = 'volunteer-failed'): MeshError {
    if (cause instanceof MeshError) return cause;
    if (isWireError(cause)) return new MeshError(cause.reason, cut(cause.message));
    const message = cause instanceof Error ? cause.message : textOf(cause);
    return new MeshError(fallback, cut(message), { cause });
  }

  /** For sending to another thread, browser or server; a long message is cut. */
  toWire(): WireError {
    return { reason: this.reason, message: cut(this.message) };
  }
}

function isWireError(value: unknown): value is WireError {
  if (typeof value !== 'object' || value === null) return false;
  const { reason, message } = value as Partial<WireError>;
  return typeof message === 'string' && (MESH_ERROR_REASONS as readonly string[]).includes(reason ?? '');
}

/** A value as text, unless that is an object: it may be of any size, and converting it may throw. */
function textOf(value: unknown): string {
  return typeof value === 'object' || typeof value === 'function' ? 'an unknown error' : String(value);
}

function cut(message: string): string {
  return message.slice(0, MAX_WIRE_MESSAGE_CHARS);
}
