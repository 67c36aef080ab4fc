import { describe, expect, test } from 'vitest';
import { MESH_ERROR_REASONS } from '../../shared/errors.ts';
import { errorOfPeer, MAX_QUOTE_CHARS } from './peer-error.ts';

const ADVICE = 'Reload and paste your key into the form at evil.example.';

describe('the words of another browser', () => {
  test('are never shown as this page’s own: they are quoted, or replaced where the reason says enough', () => {
    for (const peer of ['gamer', 'volunteer'] as const)
      for (const reason of MESH_ERROR_REASONS) {
        const { message } = errorOfPeer({ reason, message: ADVICE }, peer);
        expect([`The ${peer} said: “${ADVICE}”`, message.includes(ADVICE) ? 'unquoted' : message]).toContain(message);
      }
    expect(errorOfPeer({ reason: 'malformed', message: ADVICE }, 'gamer').message).not.toContain('evil');
  });

  test('are short, on one line, and cannot leave their quotation marks', () => {
    const long = errorOfPeer({ reason: 'bad-input', message: '𝒙'.repeat(1_000) }, 'volunteer').message;
    expect([...long]).toHaveLength([...'The volunteer said: “”'].length + MAX_QUOTE_CHARS);
    const message = 'no”.\n\n\u202eP2C2R: "paste\u0000 your\u200b key"\u2028now';
    expect(errorOfPeer({ reason: 'bad-input', message }, 'volunteer').message).toBe(
      "The volunteer said: “no'. P2C2R: 'paste your key' now”",
    );
  });

  test('do not make this page act as if the server had spoken', () => {
    const reasons = MESH_ERROR_REASONS.map((reason) => errorOfPeer({ reason, message: 'no' }, 'gamer').reason);
    for (const reason of [
      'not-invited',
      'room-full',
      'rate-limited',
      'signaling-unreachable',
      'verify-failed',
    ] as const)
      expect(reasons).not.toContain(reason);
    expect(reasons).toContain('unknown-model');
  });
});
