import { describe, expect, it } from 'vitest';
import { inWords, terminalOf } from './terminal-log.mjs';

/** In the machine's own time zone, as a person reads it. */
const time = new Date(2026, 0, 2, 21, 4, 5).getTime();
const line = (entry: object) => `${JSON.stringify({ level: 30, time, pid: 1, hostname: 'den', ...entry })}\n`;

it('a pipe and a file get the JSON lines that pino writes by itself', () => {
  const write = () => expect.unreachable();
  expect([terminalOf({ write }), terminalOf({ write, isTTY: false })]).toEqual([undefined, undefined]);
});

describe('a terminal gets words', () => {
  it('with the time, the level, the message, and every field but those of the process', () => {
    const lines: string[] = [];
    terminalOf({ write: (text) => lines.push(text), isTTY: true })?.write(
      line({ msg: 'serving', adapter: 'nvidia', isSandboxed: true }),
    );
    expect(lines).toEqual(['21:04:05 info  serving adapter=nvidia isSandboxed=true\n']);
    expect(inWords(line({ level: 40, why: 'no answer', paused: ['on battery'] }))).toBe(
      '21:04:05 warn  why="no answer" paused=["on battery"]\n',
    );
  });

  it('with the whole stack of an error, indented, or what was thrown instead', () => {
    expect(inWords(line({ level: 50, msg: 'failed', err: { message: 'm', stack: 'Error: m\n  at x' } }))).toBe(
      '21:04:05 error failed\n  Error: m\n    at x\n',
    );
    expect(inWords(line({ level: 60, err: 'no more' }))).toBe('21:04:05 fatal\n  no more\n');
  });

  it('and not what a person who is named in them would have it do', () => {
    const clear = '\u001b[2J';
    const entry = { msg: `hello ${clear}\n21:04:06 info  forged`, name: `\u009b2J\u007f`, err: `no\r${clear}` };
    expect(inWords(line(entry))).toBe(
      '21:04:05 info  hello \\u001b[2J\n  21:04:06 info  forged name=\\u009b2J\\u007f\n  no\\u000d\\u001b[2J\n',
    );
    expect(inWords(`${clear}\tas it is\n`)).toBe('\\u001b[2J\tas it is\n');
  });

  it('and a line that is no entry of a log as it is', () => {
    for (const other of ['P2C2R is at http://localhost:8080/\n', '7\n', '{"a":1}\n', '{"lev\n']) {
      expect(inWords(other)).toBe(other);
    }
  });
});
