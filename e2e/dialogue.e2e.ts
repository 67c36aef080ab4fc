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
