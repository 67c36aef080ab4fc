import type { Page } from 'playwright/test';
import { expect, test } from './fixtures.ts';
import { linkOf, openStillGamer } from './gamer-page.ts';

/** Invites, removals and connection failures, as a room's owner and its volunteers see them. */
const names = (gamer: Page) => gamer.locator('.volunteers__name');

async function volunteer(page: Page, link: string): Promise<void> {
  await page.goto(link);
  await page.getByTestId('start').click();
}

test('a revoked link admits nobody and says so; those who are there stay, and the new link works', async ({
  server,
  context,
  browser,
}) => {
  const gamer = await context.newPage();
  const old = await openStillGamer(gamer, server.url);
  const inside = await context.newPage();
  await volunteer(inside, old);
  await expect(names(gamer)).toHaveCount(1);

  await gamer.getByText('Revoke this link').click();
  await gamer.getByTestId('replace-link').click();
  await expect(gamer.getByText('the old link no longer works')).toBeVisible();
  const next = await linkOf(gamer);
  expect(next).not.toBe(old);

  const elsewhere = await browser.newContext();
  const late = await elsewhere.newPage();
  await volunteer(late, old);
  await expect(late.getByRole('alert').first()).toContainText('The owner of this room has revoked this invite.');
  await late.goto('about:blank');
  await volunteer(late, next);
  await expect(names(gamer)).toHaveCount(2);
  await expect(inside.getByTestId('status')).toContainText('Helping a gamer');
  await elsewhere.close();
});

test('a friend types the code of a link, or follows the short link that holds it, and sees who asks; once revoked, the code says so', async ({
  server,
  context,
}) => {
  const gamer = await context.newPage();
  await openStillGamer(gamer, server.url);
  const shown = gamer.getByRole('textbox', { name: /a code, to type at/ });
  await expect(shown).toHaveCount(0);
  await gamer.getByRole('button', { name: 'Short code' }).click();
  const code = await shown.inputValue();
  expect(code).toMatch(/^[0-9A-Z]{4}-[0-9A-Z]{4}$/);
  const name = (await gamer.locator('.page-header__aside').textContent())?.replace('You are ', '');

  const friend = await context.newPage();
  await friend.goto(new URL('volunteer', server.url).href);
  await friend.getByRole('textbox', { name: 'Invite link or code' }).fill(code.toLowerCase());
  await friend.getByTestId('use-invite').click();
  const asks = friend.getByText(`The gamer says it is “${name}”.`);
  await expect(asks).toBeVisible();
  await friend.goto('about:blank');
  await friend.goto(new URL(`i#${code}`, server.url).href);
  await friend.getByTestId('use-invite').click();
  await expect(asks).toBeVisible();
  await expect(friend).toHaveURL(/\/volunteer#room=.*&invite=/);

  await gamer.getByText('Revoke this link').click();
  await gamer.getByTestId('replace-link').click();
  await expect(gamer.getByText('the old link no longer works')).toBeVisible();
  await expect(shown).toHaveCount(0);
  await friend.goto('about:blank');
  await friend.goto(new URL(`i#${code}`, server.url).href);
  await friend.getByTestId('use-invite').click();
  await expect(friend.getByRole('alert')).toContainText('The owner of this room has revoked this invite.');
  await expect(friend).toHaveURL(/\/volunteer$/);
});

test('a removed volunteer is told, and its link does not readmit it', async ({ server, context, browser }) => {
  const gamer = await context.newPage();
  const link = await openStillGamer(gamer, server.url);
  const theirs = await browser.newContext();
  const removed = await theirs.newPage();
  await volunteer(removed, link);
  await expect(names(gamer)).toHaveCount(1);

  await gamer.getByTestId('remove').click();
  await gamer.getByTestId('remove-sure').click();
  await expect(names(gamer)).toHaveCount(0);
  const alert = removed.getByRole('alert').first();
  await expect(alert).toContainText('The owner of this room has removed this machine from it');
  await expect(removed.getByTestId('status')).toContainText('Not helping');
  await expect.poll(() => linkOf(gamer)).not.toBe(link);
  const next = await linkOf(gamer);

  await removed.reload();
  await removed.getByTestId('start').click();
  await expect(alert).toContainText('has revoked this invite');
  // Nor does the new link admit it: it is the same machine.
  await removed.goto('about:blank');
  await volunteer(removed, next);
  await expect(alert).toContainText('has removed this machine');
  await expect(names(gamer)).toHaveCount(0);
  await theirs.close();
});

test('a room outlives a reload of its owner: the volunteer helps again, the link is the same, the owner is still the owner', {
  tag: '@long',
}, async ({ server, context }) => {
  const gamer = await context.newPage();
  const link = await openStillGamer(gamer, server.url);
  const helper = await context.newPage();
  await volunteer(helper, link);
  await expect(names(gamer)).toHaveCount(1);

  await gamer.reload();
  await expect(names(gamer)).toHaveCount(1);
  await expect(helper.getByTestId('status')).toContainText('Helping a gamer');
  expect(await linkOf(gamer)).toBe(link);
  await gamer.getByTestId('remove').click();
  await gamer.getByTestId('remove-sure').click();
  await expect(helper.getByTestId('status')).toContainText('Not helping');
});

test('when two networks let nothing through, both pages say that a TURN relay is missing', { tag: '@long' }, async ({
  server,
  context,
}) => {
  // Simulates networks that allow no direct connection: only a relay would help, and none is set up.
  await context.addInitScript(() => {
    const Direct = window.RTCPeerConnection;
    window.RTCPeerConnection = class extends Direct {
      constructor(configuration?: RTCConfiguration) {
        super({ ...configuration, iceTransportPolicy: 'relay' });
      }
    };
  });
  const gamer = await context.newPage();
  const link = await openStillGamer(gamer, server.url);
  const helper = await context.newPage();
  await volunteer(helper, link);
  for (const page of [gamer, helper]) {
    const notice = page.getByRole('note').filter({ hasText: 'could not connect' });
    await expect(notice).toContainText('this server has no TURN relay');
    await expect(notice).toContainText('docs/hosting.md');
  }
});
