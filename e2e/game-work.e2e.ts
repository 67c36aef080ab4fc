// The built-in game has volunteers steer its ships, names them, and plays on when they leave.
import type { Page } from 'playwright/test';
import { expect, test } from './fixtures.ts';
import { openDetails } from './gamer-page.ts';

/** The page's label of who computes a part of the game. */
const who = (gamer: Page, part: string) => gamer.getByTestId(`who-${part}`);

async function isPlaying(gamer: Page): Promise<void> {
  await expect(gamer.getByTestId('fps-in')).toHaveText(/[1-9]/);
}

test('the game’s work runs on a volunteer, here when switched, and in the game itself when nobody is left', {
  tag: '@long',
}, async ({ server, context }) => {
  const gamer = await context.newPage();
  await gamer.goto(new URL('/gamer', server.url).href);
  await openDetails(gamer);
  await expect(who(gamer, 'ships')).toHaveText('the game itself');
  await isPlaying(gamer);

  const invite = await gamer.getByRole('textbox', { name: 'Invite link' }).inputValue();
  const volunteer = await context.newPage();
  await volunteer.goto(invite);
  await volunteer.getByTestId('start').click();
  await expect(volunteer.getByTestId('pause')).toBeEnabled();
  await gamer.bringToFront();
  const name = `“${await gamer.locator('.volunteers__name').textContent()}”`;
  await expect(who(gamer, 'ships')).toHaveText(name);
  await expect(who(gamer, 'drones')).toHaveText(name);
  await gamer.getByText('Show the hangar').click();
  // It is rendered only while it can be seen.
  await gamer.getByTestId('hangar').getByRole('img').scrollIntoViewIfNeeded();
  await expect(who(gamer, 'hangar')).toHaveText(name);
  await gamer.getByText('Show the hangar').click();

  await gamer.getByTestId('where-ships').getByRole('radio', { name: 'Here' }).check();
  await expect(who(gamer, 'ships')).toHaveText('this computer');
  await gamer.getByTestId('where-ships').getByRole('radio', { name: 'Volunteers' }).check();
  await expect(who(gamer, 'ships')).toHaveText(name);

  await volunteer.close();
  await expect(who(gamer, 'ships')).toHaveText('the game itself');
  await isPlaying(gamer);
});
