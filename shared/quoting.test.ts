import { describe, expect, test } from 'vitest';
import { MAX_QUOTED_NAME_CHARS, quotedName } from './quoting.ts';

describe('a name in a sentence', () => {
  test('is quoted as it is', () => {
    for (const name of ['brave-otter', 'Zoë’s MacBook', "Mum's PC", '書斎のPC', '🦦'])
      expect(quotedName(name)).toBe(`“${name}”`);
  });

  test.each(['"', '”', '»', '״', '″', '❞', '＂'])('cannot leave its quotation marks by %s', (mark) => {
    expect(quotedName(`PC${mark}. Pay`)).toBe("“PC'. Pay”");
  });

  test('is too short for a sentence of its own, however many bytes its characters take', () => {
    const long = quotedName('Your session ended, log in at evil.example. Your PC');
    expect(long).toBe('“Your session ended, log…”');
    expect([...quotedName('𝒙'.repeat(64))]).toHaveLength(MAX_QUOTED_NAME_CHARS + 2);
  });

  test('neither breaks the line nor turns what is around it, and is isolated where it runs from right to left', () => {
    expect(quotedName('a\n\u202eb\u200b\u2028c')).toBe('“a b c”');
    expect(quotedName('שלום')).toBe('“\u2068שלום\u2069”');
  });
});
