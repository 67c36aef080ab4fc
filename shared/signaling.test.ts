import { expect, test } from 'vitest';
import { peerSignalSchema, relayedSignalSchema, sessionIdOf, sessionIdSchema } from './signaling.ts';

test('a session id is 128 bits of the SHA-256 of its key, so every server computes the same', async () => {
  // printf %s kkkkkkkkkkkkkkkkkkkkkk | openssl dgst -sha256 -binary | head -c 16 | basenc --base64url
  expect(await sessionIdOf('k'.repeat(22))).toBe('FzPDXZT2F30O9cN8osamTg');
});

test('session ids differ by key and match their schema', async () => {
  const ids = await Promise.all(Array.from({ length: 100 }, (_, index) => sessionIdOf(`key ${index}`)));
  expect(new Set(ids).size).toBe(100);
  for (const id of ids) expect(sessionIdSchema.parse(id)).toBe(id);
});

const candidate = { candidate: 'candidate:1 1 udp 1 127.0.0.1 9 typ host', sdpMid: '0', sdpMLineIndex: 0 };

test('only signals that simple-peer makes are accepted', () => {
  const signals = [
    { type: 'offer', sdp: 'v=0' },
    { type: 'answer', sdp: '' },
    { type: 'candidate', candidate },
  ];
  for (const signal of signals) expect(peerSignalSchema.parse(signal)).toEqual(signal);
  const wrong = [
    ...[null, 'offer', [], {}, { type: 'rollback', sdp: '' }, { type: 'renegotiate', renegotiate: true }],
    ...[
      { type: 'transceiverRequest', transceiverRequest: { kind: 'video' } },
      { type: 'offer' },
      { type: 'offer', sdp: 1 },
    ],
    ...[
      { type: 'offer', sdp: 'v=0', renegotiate: true },
      { type: 'candidate', candidate: 'text' },
    ],
    { type: 'offer', sdp: 'x'.repeat(16_385) },
    { type: 'candidate', candidate: { ...candidate, candidate: 'x'.repeat(1_025) } },
    { type: 'candidate', candidate: { ...candidate, sdpMLineIndex: -1 } },
  ];
  for (const signal of wrong) expect(peerSignalSchema.safeParse(signal).success, JSON.stringify(signal)).toBe(false);
});

test('a relayed signal without a valid sender or attempt is refused', () => {
  const relayed = { from: 'A'.repeat(22), attempt: 3, signal: { type: 'offer', sdp: 'v=0' } };
  expect(relayedSignalSchema.parse(relayed)).toEqual(relayed);
  for (const wrong of [{ from: '' }, { from: 'a b' }, { attempt: -1 }, { attempt: 0.5 }, { extra: 1 }]) {
    expect(relayedSignalSchema.safeParse({ ...relayed, ...wrong }).success).toBe(false);
  }
});
