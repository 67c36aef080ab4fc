import { describe, expect, it } from 'vitest';
import {
  backendLabel,
  formatBytes,
  formatDuration,
  formatKbps,
  formatMs,
  formatPercent,
  formatRate,
  isTestable,
  NO_FIGURE,
} from './format.ts';

describe('formatted figures', () => {
  it('milliseconds have a decimal only below ten', () => {
    expect([0, 2.345, 9.94, 9.96, 123.4].map(formatMs)).toEqual(['0.0', '2.3', '9.9', '10', '123']);
  });

  it('rates are whole, but a slow stream differs from a stopped one', () => {
    expect([0, 0.5, 59.94].map(formatRate)).toEqual(['0', '0.5', '60']);
  });

  it('counts bytes and bits in steps of a thousand', () => {
    expect([0, 999, 1_500, 250_000_000, 3.2e12].map(formatBytes)).toEqual([
      '0 B',
      '999 B',
      '1.5 kB',
      '250 MB',
      '3.2 TB',
    ]);
    expect([512, 5_730].map(formatKbps)).toEqual(['512 kb/s', '5.7 Mb/s']);
  });

  it('durations are in minutes from one on', () => {
    expect([0, 6_400, 59_499, 59_500, 754_000, 6_100_000].map(formatDuration)).toEqual([
      '0 s',
      '6 s',
      '59 s',
      '1.0 min',
      '12.6 min',
      '102 min',
    ]);
  });

  it('never prints NaN', () => {
    expect([formatMs, formatRate, formatPercent, formatKbps].map((format) => format(Number.NaN))).toEqual(
      Array(4).fill(NO_FIGURE),
    );
  });
});

it('the connection test is offered for errors whose cause it may find, not for those of a person or a room', () => {
  for (const reason of ['connection-failed', 'signaling-unreachable', 'unsupported-browser'])
    expect(isTestable(reason)).toBe(true);
  for (const reason of ['not-invited', 'cancelled', 'bad-input']) expect(isTestable(reason)).toBe(false);
});

it('a volunteer’s word for what computes is shown only where it is one of ours', () => {
  expect(['wgsl', 'js', '', 'toString', 'PC. Log in at evil.example'].map(backendLabel)).toEqual([
    'graphics card',
    'processor',
    ...['computer', 'computer', 'computer'],
  ]);
});
