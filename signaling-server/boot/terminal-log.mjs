/**
 * The log of a command for people: pino writes JSON lines, which programs read through a pipe or from a file; in a terminal each becomes a
 * line of words. JavaScript, since commands that are not built use it too.
 */

/** pino's levels (https://getpino.io/#/docs/api?id=loggerlevels-object). @type {Readonly<Record<number, string>>} */
const LEVELS = { 10: 'trace', 20: 'debug', 30: 'info', 40: 'warn', 50: 'error', 60: 'fatal' };
const WIDEST_LEVEL = 5;

/** What every line of pino's has and no person wants to read. */
const OMITTED = ['level', 'time', 'pid', 'hostname', 'msg', 'err'];

/** A value that needs no quotes to be told from the next. */
const PLAIN = /^[^\s"={}[\],]+$/;

/** What a terminal obeys instead of showing it. Others choose some of what is logged, such as their names. */
const CONTROL = /(?![\n\t])\p{Cc}/gu;

/**
 * What pino writes to instead of standard output where that is a terminal. Anywhere else its own writer is faster.
 * @param {{ write(text: string): unknown, isTTY?: boolean }} stream
 * @returns {{ write(line: string): void } | undefined}
 */
export function terminalOf(stream) {
  return stream.isTTY ? { write: (line) => void stream.write(inWords(line)) } : undefined;
}

/**
 * @param {string} line of JSON, as pino writes it
 * @returns {string} `21:04:05 warn  the message key=value`, and the stack of an error below; the line itself if it is no such JSON. Control characters
 *   are escaped
 */
export function inWords(line) {
  const entry = parsed(line);
  return (entry === null ? line : wordsOf(entry)).replace(CONTROL, escapeOf);
}

/** @param {string} character */
function escapeOf(character) {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

/** @param {Record<string, unknown>} entry */
function wordsOf(entry) {
  const { level, time, msg, err } = entry;
  const clock = new Date(Number(time)).toTimeString().slice(0, 8);
  const name = (LEVELS[Number(level)] ?? String(level)).padEnd(WIDEST_LEVEL);
  const others = Object.entries(entry).filter(([key]) => !OMITTED.includes(key));
  const words = [
    clock,
    name,
    // Its further lines do not look like entries.
    ...(msg === undefined ? [] : [indented(String(msg))]),
    ...others.map(([key, value]) => `${key}=${shown(value)}`),
  ];
  return `${words.join(' ')}\n${err === undefined ? '' : `  ${indented(trouble(err))}\n`}`;
}

/**
 * @param {string} line
 * @returns {Record<string, unknown> | null}
 */
function parsed(line) {
  try {
    const entry = JSON.parse(line);
    return typeof entry === 'object' && entry !== null && 'level' in entry ? entry : null;
  } catch {
    return null;
  }
}

/** @param {string} text */
function indented(text) {
  return text.replaceAll('\n', '\n  ');
}

/** @param {unknown} value */
function shown(value) {
  return typeof value === 'string' && PLAIN.test(value) ? value : JSON.stringify(value);
}

/** @param {unknown} err as pino serializes it, or a text */
function trouble(err) {
  if (typeof err !== 'object' || err === null) return String(err);
  const { stack, message } = /** @type {{ stack?: unknown, message?: unknown }} */ (err);
  return String(stack ?? message ?? JSON.stringify(err));
}
