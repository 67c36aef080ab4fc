import { expect, test } from 'vitest';
import { sessionIdOf } from '../../shared/signaling.ts';
import { sessionIdNow } from './session-id.ts';

test('the id of a session is the one that its page knows', async () => {
  for (const key of ['k'.repeat(22), 'Zm9vYmFyYmF6-_12345678']) expect(sessionIdNow(key)).toBe(await sessionIdOf(key));
});
