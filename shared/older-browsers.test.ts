import { expect, test } from 'vitest';
import { parseUrl, within } from './older-browsers.ts';

test('a text is a URL or null', () => {
  expect(parseUrl('https://example.org/a?b#c')?.host).toBe('example.org');
  for (const text of ['', '/a', 'example.org', 'http://']) expect(parseUrl(text)).toBeNull();
});

test('work that takes too long is told to stop, and what is done in time is not', async () => {
  let kept: AbortSignal | null = null;
  const quick = within(60_000, async (signal) => {
    kept = signal;
    return 'done';
  });
  expect(await quick).toBe('done');
  expect(kept).toMatchObject({ aborted: false });
  const stopped = within(
    1,
    (signal) => new Promise((_, reject) => signal.addEventListener('abort', () => reject(new Error('late')))),
  );
  await expect(stopped).rejects.toThrow('late');
});
