import { signal } from '@preact/signals';
import { expect, test, vi } from 'vitest';
import { systemClock } from '../../shared/clock.ts';
import { ManualClock } from '../../shared/test-manual-clock.ts';
import type { Comparison } from './comparison.ts';
import type { Player } from './player.ts';
import { Recorder } from './recorder.ts';

/** A page whose sound is off. */
const SILENT = { isOn: signal(false), record: () => null };

/** A page whose stream has no pair of pictures for a while. */
function recorderWith(comparison: () => Promise<Comparison | null>, clock = systemClock) {
  const choices = { choice: signal({ kind: 'game' }), scale: signal(2), mode: signal('compare') };
  const player = { comparison, ...choices } as unknown as Player;
  const saved: string[] = [];
  const recorder = new Recorder({ player, clock, sound: SILENT, download: (_, name) => saved.push(name) });
  return { recorder, saved };
}

test('a picture that is asked for before the first one is shown is saved when it is', async () => {
  let asked = 0;
  let released = 0;
  const { recorder, saved } = recorderWith(async () => {
    if (++asked < 4) return null;
    const [before, after] = await Promise.all([
      createImageBitmap(new ImageData(8, 4)),
      createImageBitmap(new ImageData(16, 8)),
    ]);
    return { before, after, quality: 'spatial', splitPercent: 50, release: () => released++ } as unknown as Comparison;
  });
  await recorder.saveAfter();
  expect([saved, asked, released, recorder.failure.value]).toEqual([['game-sharpened-2x.png'], 4, 1, null]);
});

test('where no picture comes, the page says so', async () => {
  const clock = new ManualClock();
  const { recorder, saved } = recorderWith(async () => null, clock);
  const saving = recorder.saveAfter();
  await vi.waitFor(
    () => {
      clock.advance(1_000);
      expect(recorder.failure.value?.message).toContain('No picture is shown');
    },
    { timeout: 60_000, interval: 10 },
  );
  await saving;
  expect(saved).toEqual([]);
});
