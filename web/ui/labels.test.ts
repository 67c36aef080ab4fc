import { expect, it } from 'vitest';
import { isTestable } from './labels.ts';

it('the connection test is offered for errors whose cause it may find, not for those of a person or a room', () => {
  for (const reason of ['connection-failed', 'signaling-unreachable', 'unsupported-browser'])
    expect(isTestable(reason)).toBe(true);
  for (const reason of ['not-invited', 'cancelled', 'bad-input']) expect(isTestable(reason)).toBe(false);
});
