/** How grave a log line is, the least first. */
export const LOG_LEVELS = ['debug', 'info', 'warn', 'error'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];
/** The least level that is written out. `off` writes nothing; the newest lines are kept for a diagnostics report all the same. */
export type LogSetting = 'debug' | 'info' | 'warn' | 'off';

/** Values of a line. Text must be a word: see {@link MAX_WORD_CHARS}. */
export type LogFields = Readonly<Record<string, string | number | boolean | null | undefined>>;

/** Plain data: a worker posts its lines to its page. */
export interface LogLine {
  /** Since the Unix epoch, ms. */
  atMs: number;
  level: LogLevel;
  /** The part of the program that speaks, such as `net.link`. */
  name: string;
  /** What happened, as a constant of the program. */
  event: string;
  fields: LogFields;
}

export interface Logger {
  debug(event: string, fields?: LogFields): void;
  info(event: string, fields?: LogFields): void;
  warn(event: string, fields?: LogFields): void;
  error(event: string, fields?: LogFields): void;
}

/** Lines that are kept: some minutes of a busy session. */
export const MAX_LINES = 200;
/** Most memory for the kept lines, as characters of their text. */
export const MAX_KEPT_CHARS = 32 * 1024;
/** A line has a handful of fields; more are left out. */
const MAX_FIELDS = 12;
/**
 * Longest text of a field, characters. Reasons, causes, codecs and qualities are this short; the ids, session keys and room names that this
 * program generates have 22 characters, TURN credentials and invites more. Anything longer, or with characters of addresses, is withheld.
 */
export const MAX_WORD_CHARS = 21;
/** Lines of one event and one logger in {@link BURST_WINDOW_MS}. The next line says how many were left out. */
export const MAX_BURST_LINES = 20;
const BURST_WINDOW_MS = 1_000;
/** Characters of an id in a line: enough to tell the members of a room apart, too few to be used as an id. */
const SHORT_ID_CHARS = 6;

/** Shortens an id of a peer, a task or a stream for the log. */
export function shortId(id: string): string {
  return id.slice(0, SHORT_ID_CHARS);
}

/** Receives every line that the setting lets through. */
export type LogSink = (line: LogLine) => void;

/**
 * The log of one thread. It keeps the newest lines from `info` up whatever the setting, so that a diagnostics report has them, and `debug`
 * lines while the setting is `debug`. It writes to its sinks what the setting asks for.
 */
export class Log {
  readonly #now: () => number;
  readonly #lines: LogLine[] = [];
  readonly #sinks = new Set<LogSink>();
  #keptChars = 0;
  #setting: LogSetting = 'off';

  /** @param now - since the Unix epoch, ms. */
  constructor(now: () => number) {
    this.#now = now;
  }

  get setting(): LogSetting {
    return this.#setting;
  }

  set setting(setting: LogSetting) {
    this.#setting = setting;
  }

  /** The kept lines, oldest first. */
  get lines(): readonly LogLine[] {
    return this.#lines;
  }

  /** Sinks get lines from `info` up, or from `debug`, as they are kept. Returns a function that removes the sink. */
  addSink(sink: LogSink): () => void {
    this.#sinks.add(sink);
    return () => this.#sinks.delete(sink);
  }

  /** Whether the setting asks for lines of this level to be written out. */
  isWritten(level: LogLevel): boolean {
    return this.#setting !== 'off' && LOG_LEVELS.indexOf(level) >= LOG_LEVELS.indexOf(this.#setting);
  }

  /** Keeps a line and passes it to the sinks. Used as it is for the lines of a worker. */
  keep(line: LogLine): void {
    this.#lines.push(line);
    this.#keptChars += sizeOf(line);
    while (this.#lines.length > MAX_LINES || this.#keptChars > MAX_KEPT_CHARS) {
      const oldest = this.#lines.shift();
      if (!oldest) break;
      this.#keptChars -= sizeOf(oldest);
    }
    for (const sink of this.#sinks) sink(line);
  }

  /** A logger for one part of the program. Use it at changes of state, never for each frame or message. */
  logger(name: string): Logger {
    const bursts = new Map<string, Burst>();
    const write = (level: LogLevel, event: string, fields: LogFields = {}) => {
      if (level === 'debug' && this.#setting !== 'debug') return;
      const atMs = this.#now();
      const leftOut = countLine(bursts, event, atMs);
      if (leftOut === null) return;
      this.keep({ atMs, level, name, event, fields: { ...onlyWords(fields), ...(leftOut > 0 && { leftOut }) } });
    };
    return {
      debug: (event, fields) => write('debug', event, fields),
      info: (event, fields) => write('info', event, fields),
      warn: (event, fields) => write('warn', event, fields),
      error: (event, fields) => write('error', event, fields),
    };
  }
}

/** The log of this thread. */
export const log = new Log(() => Date.now());

/** A logger of this thread's log. */
export function logger(name: string): Logger {
  return log.logger(name);
}

/** One line of text, such as `12:00:03.250 info net.link open peer=Xk2p9a attempt=1`. */
export function formatLine({ atMs, level, name, event, fields }: LogLine): string {
  const time = new Date(atMs).toISOString().slice(11, 23);
  const values = Object.entries(fields).map(([key, value]) => `${key}=${value}`);
  return [time, level, name, event, ...values].join(' ');
}

interface Burst {
  startMs: number;
  lines: number;
  leftOut: number;
}

/** How many lines of this event were left out before this one; null if this one is left out. */
function countLine(bursts: Map<string, Burst>, event: string, nowMs: number): number | null {
  const burst = bursts.get(event);
  if (!burst || nowMs - burst.startMs >= BURST_WINDOW_MS) {
    bursts.set(event, { startMs: nowMs, lines: 1, leftOut: 0 });
    return burst?.leftOut ?? 0;
  }
  burst.lines++;
  if (burst.lines <= MAX_BURST_LINES) return 0;
  burst.leftOut++;
  return null;
}

const WORD = new RegExp(`^[\\w.+ -]{0,${MAX_WORD_CHARS}}$`);
const IPV4 = /\d+\.\d+\.\d+\.\d+/;
const WITHHELD = '(withheld)';

/** Withholds text that is not a word, and rounds numbers to what a person reads. */
function onlyWords(fields: LogFields): LogFields {
  const kept: Record<string, LogFields[string]> = {};
  for (const [key, value] of Object.entries(fields).slice(0, MAX_FIELDS)) {
    if (value === undefined) continue;
    if (typeof value === 'string') kept[key] = WORD.test(value) && !IPV4.test(value) ? value : WITHHELD;
    else kept[key] = typeof value === 'number' ? Math.round(value * 100) / 100 : value;
  }
  return kept;
}

function sizeOf(line: LogLine): number {
  return formatLine(line).length;
}
