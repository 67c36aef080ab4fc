import { expect, it } from 'vitest';
import { Log } from '../../shared/log.ts';
import { MAX_WAITING_LINES, receiveLog, relayLog } from './log-relay.ts';

/** The logs of a page and of its worker, connected. */
function connected(setting: 'debug' | 'off') {
  const page = new Log(Date.now);
  page.setting = setting;
  const worker = new Log(Date.now);
  const early = worker.logger('early');
  early.info('before');
  const connection = receiveLog(page);
  relayLog(connection, worker);
  return { page, worker, port: connection.port };
}

it('brings the lines of a worker into the log of its page, also those from before they were connected', async () => {
  const { page, worker, port } = connected('off');
  worker.logger('stream.side').info('switched', { to: 'local' });
  await expect.poll(() => page.lines.map(({ event }) => event)).toEqual(['before', 'switched']);
  expect(page.lines[1]).toMatchObject({ name: 'stream.side', level: 'info', fields: { to: 'local' } });
  port.close();
});

it('gives the worker the setting of its page', async () => {
  const { page, worker, port } = connected('debug');
  worker.logger('net').debug('detail');
  await expect.poll(() => page.lines.at(-1)?.event).toBe('detail');
  port.close();
});

it('posts a bounded number of lines, the newest', async () => {
  const { page, worker, port } = connected('off');
  const sum = MAX_WAITING_LINES + 20;
  for (let i = 0; i < sum; i++) worker.logger(`part-${i}`).info('line', { i });
  await expect.poll(() => page.lines.at(-1)?.fields).toEqual({ i: sum - 1 });
  expect(page.lines[0]?.fields).toEqual({ i: sum - MAX_WAITING_LINES });
  port.close();
});
