import type { Page } from 'playwright/test';
import { test as base, expect } from './fixtures.ts';
import { openStillGamer } from './gamer-page.ts';
import { startServer } from './server.ts';
import { startTurnServer, TURN_FIXTURE_TIMEOUT_MS } from './turn-server.mjs';

/** A server with a lobby and a relay. */
const test = base.extend({
  server: [
    // biome-ignore lint/correctness/noEmptyPattern: Playwright reads a fixture's needs from its pattern.
    async ({}, use) => {
      const turn = await startTurnServer();
      const TURN_URLS = `turn:127.0.0.1:${turn.port}?transport=udp`;
      const server = await startServer({ env: { LOBBY: 'on', TURN_URLS, TURN_SECRET: turn.secret } });
      await use(server);
      await server.stop();
      await turn.stop();
    },
    { scope: 'test', timeout: TURN_FIXTURE_TIMEOUT_MS },
  ],
});

test('strangers of the lobby meet through the relay and learn no address; a friend with the link connects directly', async ({
  server,
  context,
}) => {
  const gamer = await context.newPage();
  const sentByGamer = candidatesSentBy(gamer);
  const link = await openStillGamer(gamer, server.url);
  await gamer.getByRole('combobox', { name: 'Who may help' }).selectOption({ label: 'Anyone in the lobby' });
  const stranger = await context.newPage();
  const sentByStranger = candidatesSentBy(stranger);
  await stranger.goto(new URL('/volunteer', server.url).href);
  await expect(stranger.getByText('the relay hides this machine’s network address from them')).toBeVisible();
  await stranger.getByTestId('lobby').click();
  await expect(gamer.locator('.volunteers__name')).toHaveCount(1);
  for (const candidates of [sentByGamer, sentByStranger]) {
    expect(candidates.length).toBeGreaterThan(0);
    // A relayed candidate's related address would be the browser's own.
    for (const candidate of candidates) expect(candidate).toMatch(/ typ relay raddr 0\.0\.0\.0 /);
  }

  await gamer
    .getByRole('combobox', { name: 'Who may help' })
    .selectOption({ label: 'Only people I share the room with' });
  const friend = await context.newPage();
  const sentByFriend = candidatesSentBy(friend);
  await friend.goto(link);
  await friend.getByTestId('start').click();
  await expect(friend.getByTestId('status')).toContainText('Helping a gamer');
  // Those of one side are enough, and then the other's are not sent any more.
  const areDirect = () => [...sentByGamer, ...sentByFriend].some((candidate) => candidate.includes(' typ host '));
  await expect.poll(areDirect).toBe(true);
});

/** Fills with every candidate that leaves the page for the server. */
function candidatesSentBy(page: Page): string[] {
  const candidates: string[] = [];
  page.on('websocket', (socket) =>
    socket.on('framesent', ({ payload }) => {
      candidates.push(...(String(payload).match(/candidate:\d[^"\\]*/g) ?? []));
    }),
  );
  return candidates;
}
