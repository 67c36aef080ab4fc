import { beforeEach, describe, expect, test } from 'vitest';
import { STREAM_LIMITS } from '../../../shared/protocol-limits.ts';
import { MAX_QUOTE_CHARS } from '../../net/peer-error.ts';
import type { StreamSize } from '../frame-size.ts';
import { StreamMemory } from './stream-memory.ts';

const TO_4K: StreamSize = { width: 1_920, height: 1_080, outWidth: 3_840, outHeight: 2_160 };
const { maxSide } = STREAM_LIMITS;
const LARGEST: StreamSize = { width: maxSide, height: maxSide, outWidth: maxSide, outHeight: maxSide };

let memory: StreamMemory;

beforeEach(() => {
  memory = new StreamMemory();
});

function link() {
  const user = { sizes: [] as StreamSize[] };
  memory.add(user);
  return user;
}

/** Opens streams until one is refused. Returns how many there are. */
function open(user: { sizes: StreamSize[] }, size: StreamSize): number {
  try {
    for (;;) {
      memory.checkCapacity(user, size);
      user.sizes.push(size);
    }
  } catch {
    return user.sizes.length;
  }
}

describe('the streams of a volunteer', () => {
  test('of one gamer have a byte budget, in which the largest stream fits once', () => {
    expect(open(link(), LARGEST)).toBe(1);
    expect(open(link(), TO_4K)).toBe(3);
  });

  test('of all gamers together have one too, and each that ends gives its part back', () => {
    const [first, second, third] = [link(), link(), link()];
    expect([first, second, third].map((user) => open(user, TO_4K))).toEqual([3, 3, 0]);
    first.sizes.pop();
    expect(open(third, TO_4K)).toBe(1);
    memory.remove(second);
    expect(open(third, TO_4K)).toBe(3);
  });

  test('that find no memory are told what would fit, and that does', () => {
    const user = link();
    user.sizes.push(TO_4K, TO_4K, { width: 1_280, height: 720, outWidth: 2_560, outHeight: 1_440 });
    let message = '';
    try {
      memory.checkCapacity(user, TO_4K);
    } catch (cause) {
      if (cause instanceof Error) ({ message } = cause);
    }
    const [, width = 0, height = 0] = (/From (\d+)x(\d+) it would fit/.exec(message) ?? []).map(Number);
    expect(width).toBeGreaterThan(1_280);
    memory.checkCapacity(user, { width, height, outWidth: 2 * width, outHeight: 2 * height });
    expect(message.length).toBeLessThanOrEqual(MAX_QUOTE_CHARS);
  });
});
