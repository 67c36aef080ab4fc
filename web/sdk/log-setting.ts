import { formatLine, type LogLine, type LogSetting, log } from '../../shared/log.ts';

// The page's log setting, and the only place that writes to the console.

/** Key in `localStorage`. */
export const LOG_KEY = 'p2c2r-log';
/** Parameter in the query of the page's address. */
const LOG_PARAMETER = 'log';

const SETTINGS: readonly LogSetting[] = ['debug', 'info', 'warn', 'off'];

export interface SettingSources {
  /** The page's address; undefined outside a page. */
  address: string | undefined;
  /** What `localStorage` holds under {@link LOG_KEY}. */
  stored: string | null;
  /** The option of the SDK. */
  option: LogSetting | undefined;
}

/** The first valid setting of: the address, the browser's storage, the option. The first two are for people who debug others' pages. */
export function chooseSetting({ address, stored, option }: SettingSources): LogSetting {
  const asked = address === undefined ? null : new URL(address).searchParams.get(LOG_PARAMETER);
  return [asked, stored, option].find(isSetting) ?? 'off';
}

let removeConsole = () => {};

/** Applies the setting of this page to its log. Workers that are started later take it over. Call it before anything is logged. */
export function applyLogSetting(option?: LogSetting): void {
  log.setting = chooseSetting({ address: globalThis.location?.href, stored: storedSetting(), option });
  removeConsole();
  removeConsole = log.addSink((line) => {
    if (log.isWritten(line.level)) writeToConsole(line);
  });
}

/** Null where pages may keep nothing, as in a sandboxed frame, whose storage throws. */
function storedSetting(): string | null {
  try {
    return globalThis.localStorage?.getItem(LOG_KEY) ?? null;
  } catch {
    return null;
  }
}

function isSetting(value: unknown): value is LogSetting {
  return SETTINGS.some((setting) => setting === value);
}

function writeToConsole(line: LogLine): void {
  // biome-ignore lint/suspicious/noConsole: this is where the log is written, if somebody asked for it.
  console[line.level](`p2c2r ${formatLine(line)}`);
}
