import { render } from 'preact';
import { expect, onTestFinished, test, vi } from 'vitest';
import { LiveChart } from './live-chart.tsx';

const LINES = [
  { name: 'Frames', colour: 'accent', unit: 'per second' },
  { name: 'Load', colour: 'blue', unit: '%', top: 100 },
] as const;

test.each([
  ['nothing yet', [[], [], []]],
  ['one moment', [[7], [30], [50]]],
] as const)('the axis of time is the last minute for %s too', async (_, columns) => {
  const drawn = vi.spyOn(CanvasRenderingContext2D.prototype, 'fillText');
  const place = document.body.appendChild(document.createElement('div'));
  onTestFinished(() => {
    render(null, place);
    place.remove();
    drawn.mockRestore();
  });
  const [times, frames, load] = columns;
  render(<LiveChart lines={LINES} columns={[[...times], [...frames], [...load]]} windowS={60} summary="" />, place);
  await expect.poll(() => drawn.mock.calls.map(([text]) => text)).toContain('now');
  const texts = drawn.mock.calls.map(([text]) => text).filter((text) => /now| s$/.test(text));
  expect(new Set(texts)).toEqual(new Set(['-60 s', '-45 s', '-30 s', '-15 s', 'now']));
});
