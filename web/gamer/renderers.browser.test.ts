import { expect, onTestFinished, test, vi } from 'vitest';
import { MeshError } from '../../shared/errors.ts';
import type { Quality, StreamQuality, Task, Timing } from '../sdk/types.ts';
import type { Client } from './client.ts';
import { ImageRenderer, type ImageReport, type Report, StreamRenderer } from './renderers.ts';
import type { LiveSource, StillSource } from './source.ts';
import { streamStats } from './test-figures.ts';

const TIMING: Timing = {
  ...{ totalMs: 9, queueMs: 1, sendMs: 2, computeMs: 4, receiveMs: 2 },
  ...{ ranOn: 'local', backend: 'wasm', attempts: 1 },
};
const SIZE = { width: 2, height: 2 };

/** A renderer whose tasks end when a test says so, and what it reported. */
function render(quality: StreamQuality) {
  const asked: { quality: Quality | undefined; isCancelled: boolean }[] = [];
  const reports: ImageReport[] = [];
  const errors: MeshError[] = [];
  let finish: (failure?: MeshError) => void = () => {};
  const submitTask = (_type: string, input: { quality?: Quality }) => {
    const task = { quality: input.quality, isCancelled: false };
    asked.push(task);
    const result = new Promise((resolve, reject) => {
      finish = (failure) => (failure ? reject(failure) : resolve({ image: new ImageData(4, 4), timing: TIMING }));
    });
    return { result, cancel: () => (task.isCancelled = true) } as unknown as Task<'upscale'>;
  };
  const canvas = Object.assign(document.createElement('canvas'), SIZE);
  const source = { kind: 'image', image: canvas } as unknown as StillSource;
  const settings = { where: 'auto', quality, scale: 2 } as const;
  const renderer = new ImageRenderer({ submitTask } as unknown as Client, source, settings, {
    onReport: (report: Report) => void (report.kind === 'image' && reports.push(report)),
    onError: (error) => void errors.push(error),
  });
  const done = async (failure?: MeshError) => {
    finish(failure);
    await new Promise((resolve) => setTimeout(resolve));
  };
  return { renderer, asked, reports, errors, done };
}

test('without a chosen quality, a still picture is sharpened at once, and then by the network `quality`', async () => {
  const { asked, reports, done } = render('auto');
  expect(reports.at(-1)).toMatchObject({ quality: 'spatial', timing: null });
  await done();
  expect(reports.at(-1)).toMatchObject({ quality: 'spatial', timing: TIMING, why: expect.stringContaining('further') });
  await done();
  expect(reports.at(-1)).toMatchObject({ quality: 'quality', timing: TIMING, why: '' });
  expect(asked.map(({ quality }) => quality)).toEqual(['spatial', 'quality']);
});

test('where the network `quality` fails, the picture stays and nothing is wrong, since it was not asked for', async () => {
  const { reports, errors, done } = render('auto');
  await done();
  await done(new MeshError('unknown-model', 'No such network here.'));
  expect(reports.at(-1)).toMatchObject({ quality: 'spatial', timing: TIMING, why: '' });
  expect(errors).toEqual([]);
});

test('a chosen network that does not run is replaced by a filter, and the report says so', async () => {
  const { asked, reports, done } = render('quality');
  await done(new MeshError('unknown-model', 'No such network here.'));
  await done();
  expect(asked.map(({ quality }) => quality)).toEqual(['quality', 'spatial']);
  expect(reports.at(-1)?.why).toContain('No such network here.');
});

test('a choice made meanwhile, and closing, cancel what still runs', async () => {
  const { renderer, asked, done } = render('auto');
  await done();
  renderer.set({ where: 'auto', quality: 'bicubic' });
  expect(asked.map(({ quality, isCancelled }) => [quality, isCancelled])).toEqual([
    ['spatial', false],
    ['quality', true],
    ['bicubic', false],
  ]);
  await renderer.close();
  expect(asked.at(-1)?.isCancelled).toBe(true);
});

test('of a source of 120 frames a second, of which a page asks for 60, the other 60 do not count as missed', async () => {
  let nowMs = 0;
  vi.spyOn(performance, 'now').mockImplementation(() => nowMs);
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
  onTestFinished(() => {
    vi.useRealTimers();
    vi.restoreAllMocks();
  });
  const canvas = document.createElement('canvas');
  const stats = () => {
    const framesCaptured = 0.12 * nowMs;
    return streamStats({ framesCaptured, framesPresented: 0, framesDropped: { 'fps-cap': framesCaptured / 2 } });
  };
  const stream = { canvas, before: canvas, stats, close: async () => {} };
  const client = { openStream: async () => stream } as unknown as Client;
  const reports: Report[] = [];
  const settings = { where: 'auto', quality: 'auto', scale: 2 } as const;
  const source = { frames: canvas } as unknown as LiveSource;
  const renderer = await StreamRenderer.open(client, source, settings, (report) => void reports.push(report));
  for (let nth = 0; nth < 3; nth++) {
    nowMs += 500;
    vi.advanceTimersByTime(500);
  }
  await renderer.close();
  expect(reports.map((report) => report.kind === 'stream' && report.capturedFps)).toEqual([Number.NaN, 60, 60]);
});
