import type { Page } from 'playwright/test';
import { expect, test, waitForVolunteers } from './fixtures.ts';

const ROOM = 'inn';

/** Has a guard answer. @returns the answer, what was heard of it, and who spoke. */
function ask(page: Page, where: 'volunteers' | 'local') {
  return page.evaluate(async (where) => {
    let heard = '';
    const input = {
      persona: 'You are Ash, a cold guard at the bridge.',
      messages: [{ role: 'user' as const, content: 'May I pass?' }],
      ...{ emotions: ['calm', 'angry'], seed: 3, model: 'radio' },
    };
    const onToken = (token: string) => {
      heard += token;
    };
    const task = window.client.submitTask('dialogue', input, { where, onToken });
    const { timing, ...answer } = await task.result;
    return { heard, answer, isLocal: timing.ranOn === 'local' };
  }, where);
}

test('a character answers through a volunteer as it does here, and volunteers may refuse', async ({
  volunteerPage,
  gamerPage,
}) => {
  const volunteer = await volunteerPage(ROOM, { backend: 'js' });
  const gamer = await gamerPage(ROOM, { where: 'volunteers' });
  await waitForVolunteers(gamer, 1);
  const there = await ask(gamer, 'volunteers');
  expect(there.isLocal).toBe(false);
  expect(there.heard).toBe(there.answer.text);
  expect(there.answer).toMatchObject({
    model: 'radio',
    finishReason: 'stop',
    emotion: expect.stringMatching(/calm|angry/),
  });
  expect((await ask(gamer, 'local')).answer).toEqual(there.answer);

  await volunteer.evaluate(() => window.node.setLimits({ acceptDialogue: false }));
  await gamer.waitForFunction(() => !window.client.volunteers[0]?.tasks.includes('dialogue'));
});

/** Has the model read some of a row of tokens: the first of them without, the others after what the session has read. */
function read(page: Page, from: number, to: number, session?: string) {
  return page.evaluate(
    async ([from, to, session]) => {
      const tokens = Array.from({ length: to - from }, (_, n) => BigInt(2 + ((from + n) % 90)));
      const places = tokens.map((_, n) => BigInt(from + n));
      const whole = (numbers: bigint[]) => ({
        ...{ type: 'int64', dims: [1, numbers.length] },
        data: BigInt64Array.from(numbers),
      });
      const nothing = { type: 'float32', dims: [1, 6, 0, 24], data: new Float32Array(0) };
      const names = [0, 1, 2, 3].flatMap((layer) => [`${layer}.key`, `${layer}.value`]);
      const past = Object.fromEntries(names.map((name) => [`past_key_values.${name}`, nothing]));
      const inputs = { input_ids: whole(tokens), position_ids: whole(places), ...(from === 0 && past) };
      const input = { model: 'radio', inputs, ...(session !== undefined && { session }) };
      const { outputs, timing } = await window.client.submitTask('infer', input).result;
      const logits = outputs.logits?.data;
      if (!(logits instanceof Float32Array)) throw new Error('The model answered with no numbers.');
      const isLocal = timing.ranOn === 'local';
      return { last: [...logits.slice(-1_024)], names: Object.keys(outputs), isLocal };
    },
    [from, to, session] as const,
  );
}

test('in a session a model keeps its state at the volunteer, and answers as if it had read everything at once', {
  tag: '@long',
}, async ({ volunteerPage, gamerPage }) => {
  // The gamer loads the model too, to check what the volunteer says.
  test.setTimeout(240_000);
  const volunteer = await volunteerPage(ROOM, { backend: 'js' });
  const gamer = await gamerPage(ROOM, { where: 'volunteers' });
  await waitForVolunteers(gamer, 1);
  /** Once it has done so many tasks. */
  const bytesIn = async (tasks: number) => {
    await expect.poll(() => volunteer.evaluate(() => window.node.stats().tasksDone)).toBe(tasks);
    return volunteer.evaluate(() => window.node.stats().bytesIn);
  };
  const atOnce = await read(gamer, 0, 160);
  await read(gamer, 0, 150, 'reader');
  const before = await bytesIn(2);
  await read(gamer, 150, 155, 'reader');
  const { last, names, isLocal } = await read(gamer, 155, 160, 'reader');
  expect([names, isLocal]).toEqual([['logits'], false]);
  for (const [n, value] of last.entries()) expect(value).toBeCloseTo(atOnce.last[n] ?? Number.NaN, 2);
  // The state of 150 tokens has 675 KiB. It was not sent.
  expect((await bytesIn(4)) - before).toBeLessThan(64 * 1024);
});
