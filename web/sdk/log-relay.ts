import { type Log, type LogLine, type LogSetting, log as threadLog } from '../../shared/log.ts';

/** Time that a worker collects lines before it posts them, ms: few messages, and a report is hardly behind. */
export const RELAY_INTERVAL_MS = 100;
/** Lines that wait to be posted; the oldest are left out beyond that. */
export const MAX_WAITING_LINES = 200;

/** What a worker needs to log like its page. `port` is transferred. */
export interface LogConnection {
  setting: LogSetting;
  port: MessagePort;
}

/** The page's end: keeps the lines of a worker in the page's log. */
export function receiveLog(log: Log = threadLog): LogConnection {
  const { port1, port2 } = new MessageChannel();
  port1.onmessage = ({ data }: MessageEvent<LogLine[]>) => {
    for (const line of data) log.keep(line);
  };
  // In Node an open port would keep the process alive.
  if ('unref' in port1) (port1 as unknown as { unref(): void }).unref();
  return { setting: log.setting, port: port2 };
}

/** The worker's end: posts its lines to the page, some at a time. */
export function relayLog({ setting, port }: LogConnection, log: Log = threadLog): void {
  log.setting = setting;
  const waiting: LogLine[] = [...log.lines];
  let isPosting = false;
  const postSoon = () => {
    if (isPosting || waiting.length === 0) return;
    isPosting = true;
    setTimeout(() => {
      isPosting = false;
      port.postMessage(waiting.splice(0));
    }, RELAY_INTERVAL_MS);
  };
  log.addSink((line) => {
    waiting.push(line);
    if (waiting.length > MAX_WAITING_LINES) waiting.shift();
    postSoon();
  });
  postSoon();
}
