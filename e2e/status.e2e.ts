import { expect, testWithOwnServer as test, waitForVolunteers } from './fixtures.ts';

test('the status page shows members and introductions, live', { tag: '@long' }, async ({
  page,
  server,
  volunteerPage,
  gamerPage,
}) => {
  await page.goto(new URL('/status', server.url).href);
  await expect(page.getByTestId('gamers')).toHaveText('0');
  await volunteerPage('den');
  const gamer = await gamerPage('den');
  await waitForVolunteers(gamer, 1);
  await expect(page.getByTestId('gamers')).toHaveText('1');
  await expect(page.getByTestId('volunteers')).toHaveText('1');
  await expect(page.getByTestId('direct-links')).toHaveText('1');
});

test('from another machine it asks for the token, and keeps it for the tab', async ({ page, server }) => {
  await page.route('**/status.json', async (route) => {
    const isAllowed = route.request().headers().authorization === 'Bearer right token';
    if (isAllowed) await route.continue();
    else await route.fulfill({ status: 401, body: 'This wants the OPERATOR_TOKEN of the server.' });
  });
  await page.goto(new URL('/status', server.url).href);
  const token = page.getByLabel('Operator token');
  await token.fill('wrong token');
  await page.getByTestId('open-status').click();
  await expect(page.getByText('This wants the OPERATOR_TOKEN')).toBeVisible();
  await token.fill('right token');
  await token.press('Enter');
  await expect(page.getByTestId('sockets')).toHaveText('0');
  await page.reload();
  await expect(page.getByTestId('sockets')).toHaveText('0');
});
