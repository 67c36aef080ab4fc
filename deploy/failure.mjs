/** Stops a command for a reason that its user can fix; the message says what to do. */
export class SetupError extends Error {
  /** @param {string} message */
  constructor(message) {
    super(message);
    this.name = 'SetupError';
  }
}

/**
 * Runs the body of a command. A {@link SetupError} becomes its message and exit code 1, without a stack trace. Any other error is a
 * bug and keeps its trace.
 * @param {() => Promise<void>} body
 */
export async function runCommand(body) {
  try {
    await body();
  } catch (cause) {
    if (!(cause instanceof SetupError)) throw cause;
    console.error(cause.message);
    process.exitCode = 1;
  }
}

/**
 * @param {unknown} cause an error of `node:fs`
 * @param {string} code such as `ENOENT`
 */
export function hasCode(cause, code) {
  return cause instanceof Error && 'code' in cause && cause.code === code;
}
