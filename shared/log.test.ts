import { describe, expect, it } from 'vitest';
import { formatLine, Log, type LogLine, MAX_BURST_LINES, MAX_KEPT_CHARS, MAX_LINES, shortId } from './log.ts';

function logAt(startMs = 0) {
  const clock = { nowMs: startMs };
  return { clock, log: new Log(() => clock.nowMs) };
}

describe('the log of a thread', () => {
  it('keeps lines from info up while it is off, and writes none of them', () => {
    const { log } = logAt();
    const logger = log.logger('net.link');
    logger.debug('connecting');
    logger.info('open', { peer: 'abc' });
    expect(log.lines.map(({ event }) => event)).toEqual(['open']);
    expect(log.isWritten('error')).toBe(false);
  });

  it('keeps debug lines while the setting is debug', () => {
    const { log } = logAt();
    const logger = log.logger('net.link');
    log.setting = 'debug';
    logger.debug('connecting');
    log.setting = 'info';
    logger.debug('connected');
    expect(log.lines.map(({ event }) => event)).toEqual(['connecting']);
  });

  it.each([
    ['debug', [true, true, true, true]],
    ['info', [false, true, true, true]],
    ['warn', [false, false, true, true]],
    ['off', [false, false, false, false]],
  ] as const)('with the setting %s writes the levels from there up', (setting, written) => {
    const { log } = logAt();
    log.setting = setting;
    expect((['debug', 'info', 'warn', 'error'] as const).map((level) => log.isWritten(level))).toEqual(written);
  });

  it('passes kept lines to its sinks until they are removed', () => {
    const { log } = logAt();
    const seen: LogLine[] = [];
    const remove = log.addSink((line) => seen.push(line));
    log.logger('a').warn('first');
    remove();
    log.logger('a').warn('second');
    expect(seen.map(({ event }) => event)).toEqual(['first']);
  });

  it('forgets the oldest lines beyond its number of lines', () => {
    const { clock, log } = logAt();
    const logger = log.logger('a');
    for (let i = 0; i < MAX_LINES + 50; i++) {
      clock.nowMs += 1_000;
      logger.info('line', { i });
    }
    expect(log.lines).toHaveLength(MAX_LINES);
    expect(log.lines[0]?.fields).toEqual({ i: 50 });
  });

  it('forgets the oldest lines beyond its memory', () => {
    const { clock, log } = logAt();
    const fields = Object.fromEntries(Array.from({ length: 12 }, (_, i) => [`field-${i}`, 'a'.repeat(21)]));
    for (let i = 0; i < MAX_LINES; i++) {
      clock.nowMs += 1_000;
      log.logger('a').info('line', fields);
    }
    const chars = log.lines.reduce((sum, line) => sum + formatLine(line).length, 0);
    expect(chars).toBeLessThanOrEqual(MAX_KEPT_CHARS);
    expect(log.lines.length).toBeGreaterThan(50);
  });

  it('leaves out the rest of a burst of one event, and says how many', () => {
    const { clock, log } = logAt();
    const logger = log.logger('dispatch');
    for (let i = 0; i < 500; i++) logger.info('redispatched');
    logger.info('barred');
    expect(log.lines).toHaveLength(MAX_BURST_LINES + 1);
    clock.nowMs += 1_000;
    logger.info('redispatched');
    expect(log.lines.at(-1)?.fields).toEqual({ leftOut: 500 - MAX_BURST_LINES });
  });

  it.each([
    ['an IPv4 address', '192.168.1.20'],
    ['an IPv6 address', 'fe80::1'],
    ['an address of a page', 'https://a.example'],
    ['an ICE candidate', 'candidate:1 1 udp 2122 10.0.0.1 5000 typ host'],
    ['an id or a session key', 'Xk2p9aXk2p9aXk2p9aXk2p'],
    ['an invite', `${'e'.repeat(40)}.${'x'.repeat(40)}`],
    ['an e-mail address', 'ann@example.org'],
  ])('withholds %s', (_, secret) => {
    const { log } = logAt();
    log.logger('a').info('event', { secret });
    expect(log.lines[0]?.fields).toEqual({ secret: '(withheld)' });
  });

  it.each(['connection-failed', 'signaling-unreachable', 'h264', 'wgsl', 'transport close', shortId('Xk2p9aXk2p9a')])(
    'lets the word %s through',
    (word) => {
      const { log } = logAt();
      log.logger('a').info('event', { word });
      expect(log.lines[0]?.fields).toEqual({ word });
    },
  );
});

it('formats a line with its time, level, name, event and fields', () => {
  const line = { atMs: 3_250, level: 'info', name: 'net.link', event: 'open', fields: { peer: 'Xk2p9a', attempt: 1 } };
  expect(formatLine(line as LogLine)).toBe('00:00:03.250 info net.link open peer=Xk2p9a attempt=1');
});
