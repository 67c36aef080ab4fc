/** What stops a command for a reason its user can change; the message says what to do. */
export class SetupError extends Error {
  /** @param {string} message */
  constructor(message) {
    super(message);
    this.name = 'SetupError';
  }
}

/**
 * Runs a command's body; a {@link SetupError} becomes its message and exit code 1, without a stack trace.
 * Anything else is a mistake of ours and keeps its trace.
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
 * @param {unknown} cause what `node:fs` threw
 * @param {string} code such as `ENOENT`
 */
export function hasCode(cause, code) {
  return cause instanceof Error && 'code' in cause && cause.code === code;
}
