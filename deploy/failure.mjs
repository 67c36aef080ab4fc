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
 * @param {string} [usage] how a command without options of its own is called and what it does: printed for `--help` instead of running it
 * @param {number} [maxWords] how many words that are no options such a command takes
 */
export async function runCommand(body, usage, maxWords = 0) {
  try {
    if (usage !== undefined && printedUsage(process.argv.slice(2), usage, maxWords)) return;
    await body();
  } catch (cause) {
    if (!(cause instanceof SetupError)) throw cause;
    console.error(cause.message);
    process.exitCode = 1;
  }
}

/**
 * @param {readonly string[]} argv
 * @param {string} usage
 * @param {number} maxWords
 * @returns {boolean} whether help was asked for, and printed
 * @throws {SetupError} for an argument that the command does not take
 */
function printedUsage(argv, usage, maxWords) {
  const isOption = (/** @type {string} */ word) => word.startsWith('-');
  const isHelp = argv.some((word) => word === '--help' || word === '-h');
  if (isHelp) console.log(usage);
  const [unknown] = [...argv.filter(isOption), ...argv.filter((word) => !isOption(word)).slice(maxWords)];
  if (!isHelp && unknown !== undefined) throw new SetupError(`This takes no ${unknown}.\n\n${usage}`);
  return isHelp;
}

/**
 * @param {unknown} cause an error of `node:fs`
 * @param {string} code such as `ENOENT`
 */
export function hasCode(cause, code) {
  return cause instanceof Error && 'code' in cause && cause.code === code;
}
