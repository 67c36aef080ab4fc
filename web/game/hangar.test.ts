// One picture of the hangar at a time, each a task that every machine takes, and none once nobody looks.
import { expect, it } from 'vitest';
import { ManualClock } from '../../shared/manual-clock.ts';
import { raytracing } from '../../shared/tasks/raytracing.ts';
import { hangarScene, Turntable } from './hangar.ts';
import type { PartResult, Question } from './messages.ts';
import { GAME_WORK } from './tuning.ts';

const IMAGE = { width: 2, height: 1 } as ImageData;

function start() {
  const clock = new ManualClock();
  const asked: { question: Question; answer: (result: PartResult | null) => void }[] = [];
  const shown: ImageData[] = [];
  const run = (question: Question) =>
    new Promise<PartResult | null>((answer) => {
      asked.push({ question, answer });
    });
  return { clock, asked, shown, turntable: new Turntable({ run }, clock, (image) => shown.push(image)) };
}

it('the scene is a task that every machine takes, and turns', () => {
  const [first, second] = [raytracing.pack(hangarScene(0, 1)), raytracing.pack(hangarScene(1, 1))];
  expect(raytracing.params.safeParse(first.params).success).toBe(true);
  expect(first).not.toEqual(second);
});

it('paints the next picture only when the last one came, and later again where nobody painted it', async () => {
  const { clock, asked, shown, turntable } = start();
  clock.advance(60_000);
  expect(asked).toHaveLength(1);
  asked[0]?.answer({ image: IMAGE });
  await Promise.resolve();
  expect(shown).toEqual([IMAGE]);
  clock.advance(GAME_WORK.hangarPauseMs);
  expect(asked).toHaveLength(2);
  expect(asked[1]?.question).not.toEqual(asked[0]?.question);
  asked[1]?.answer(null);
  await Promise.resolve();
  clock.advance(GAME_WORK.restMs);
  expect(asked).toHaveLength(3);
  expect(shown).toHaveLength(1);
  turntable.dispose();
});

it('a picture that comes when nobody looks any more is not shown, and no other is asked for', async () => {
  const { clock, asked, shown, turntable } = start();
  turntable.dispose();
  asked[0]?.answer({ image: IMAGE });
  await Promise.resolve();
  clock.advance(60_000);
  expect([asked.length, shown.length]).toEqual([1, 0]);
});
