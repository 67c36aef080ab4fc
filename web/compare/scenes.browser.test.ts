import { afterEach, expect, test, vi } from 'vitest';
import { Comparison } from './comparison.ts';
import { loadScene, type Subject } from './scenes.ts';

afterEach(() => vi.restoreAllMocks());

/** The WebGL contexts that are opened from now on. */
function watchContexts(): WebGL2RenderingContext[] {
  const opened: WebGL2RenderingContext[] = [];
  const plain = OffscreenCanvas.prototype.getContext;
  vi.spyOn(OffscreenCanvas.prototype, 'getContext').mockImplementation(function (
    this: OffscreenCanvas,
    ...given: Parameters<typeof plain>
  ) {
    const context = plain.apply(this, given);
    if (context instanceof WebGL2RenderingContext) opened.push(context);
    return context;
  });
  return opened;
}

test('our own game stops being drawn where another scene is chosen, and its WebGL context ends at once', async () => {
  const opened = watchContexts();
  const run = new AbortController();
  const drawing = loadScene('own-game', run.signal);
  await vi.waitFor(() => expect(opened).toHaveLength(1), { interval: 1, timeout: 60_000 });
  run.abort();
  await expect(drawing).rejects.toMatchObject({ reason: 'cancelled' });
  expect(opened.map((context) => context.isContextLost())).toEqual([true]);
  await expect(loadScene('own-game', run.signal)).rejects.toMatchObject({ reason: 'cancelled' });
  expect(opened).toHaveLength(1);
});

test('choosing a scene, or closing the page, ends the loading of the one before', async () => {
  const loads: { name: string; ending: AbortSignal }[] = [];
  const load: typeof loadScene = (name, ending) => {
    loads.push({ name, ending });
    return new Promise<Subject>(() => {});
  };
  const connect = () => Promise.reject(new Error('Nothing is computed.'));
  const comparison = new Comparison({ connect, load });
  void comparison.chooseScene('own-game');
  void comparison.chooseScene('wire');
  expect(loads.map(({ name, ending }) => [name, ending.aborted])).toEqual([
    ['own-game', true],
    ['wire', false],
  ]);
  await comparison.close();
  expect(loads.every(({ ending }) => ending.aborted)).toBe(true);
});
