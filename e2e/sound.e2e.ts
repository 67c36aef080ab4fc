// What the gamer page plays: the game's sound when asked for, a shared tab's in step with its picture.
import { expect, test } from './fixtures.ts';
import { openGamer, PICTURE_WITHIN } from './gamer-page.ts';
import { launchOptions } from './launch.mjs';
import { SHARING_FLAGS, shareFlashingTab, takeSkews } from './skew-probe.ts';

declare global {
  interface Window {
    /** The audio contexts of the page. */
    opened: AudioContext[];
  }
}

/** The contract is 45 ms on a machine that keeps up (`npm run bench -- sound`); here others may hold the processor. */
const MAX_SKEW_MS = 200;

const launch = await launchOptions({ hasWebgpu: false, isAudible: true });
test.use({
  launchOptions: { ...launch, args: [...(launch.args ?? []), ...SHARING_FLAGS] },
  // The probe's worklet is no script of the page.
  bypassCSP: true,
});

test('a shared tab is heard in step with its picture, or stays where it is', { tag: '@long' }, async ({
  server,
  context,
}) => {
  const gamer = await shareFlashingTab(context, server.url, (page) => openGamer(page, server.url));
  await expect(gamer.getByText(/^Shown: 960 × 540/)).toBeVisible(PICTURE_WITHIN);
  await expect(gamer.getByRole('button', { name: 'Turn the sound off' })).toBeVisible();
  // The delay is measured within the first seconds.
  await gamer.waitForTimeout(8_000);
  await takeSkews(gamer);
  await expect.poll(async () => (await takeSkews(gamer)).length, PICTURE_WITHIN).toBeGreaterThan(0);
  await gamer.waitForTimeout(10_000);
  const skews = (await takeSkews(gamer)).sort((a, b) => a - b);
  test.info().annotations.push({ type: 'skew, ms', description: skews.map((ms) => ms.toFixed(0)).join(', ') });
  expect(skews.length).toBeGreaterThan(3);
  expect(Math.abs(skews[Math.floor(skews.length / 2)] ?? Number.POSITIVE_INFINITY)).toBeLessThan(MAX_SKEW_MS);

  await gamer.getByRole('button', { name: 'Turn the sound off' }).click();
  await gamer.waitForTimeout(500);
  await gamer.evaluate(() => window.seenAndHeard.heardMs.splice(0));
  await gamer.waitForTimeout(4_000);
  expect(await gamer.evaluate(() => window.seenAndHeard.heardMs.length)).toBe(0);

  await gamer.getByTestId('screen-sound').getByRole('radio', { name: 'In its tab' }).check();
  await expect(gamer.getByTestId('screen-sound-note')).toHaveText('For that, share the tab again.');
  await gamer.getByTestId('source-screen').click();
  await expect(gamer.getByTestId('sound')).toHaveCount(0);
});

test('the game is silent until asked, and after a reload until something is pressed', { tag: '@long' }, async ({
  server,
  context,
}) => {
  const gamer = await context.newPage();
  await gamer.addInitScript(() => {
    const Plain = AudioContext;
    window.opened = [];
    window.AudioContext = class extends Plain {
      constructor(options?: AudioContextOptions) {
        super(options);
        window.opened.push(this);
      }
    };
  });
  const states = () => gamer.evaluate(() => window.opened.map(({ state }) => state));
  await openGamer(gamer, server.url);
  await gamer.getByRole('application').click();
  expect(await states()).toEqual([]);
  await gamer.getByRole('button', { name: 'Turn the sound on' }).click();
  await gamer.getByRole('slider', { name: 'Volume' }).fill('20');
  await expect.poll(states).toEqual(['running']);
  await gamer.getByRole('application').press('p');
  await expect.poll(states).toEqual(['suspended']);
  await gamer.getByRole('application').press('p');
  await expect.poll(states).toEqual(['running']);

  // Nothing is pressed here, as opening the details would be.
  await gamer.reload();
  await expect(gamer.getByRole('slider', { name: 'Volume' })).toHaveValue('20');
  expect(await states()).toEqual([]);
  await gamer.getByRole('application').press('ArrowLeft');
  await expect.poll(states).toEqual(['running']);
  await gamer.getByRole('button', { name: 'Turn the sound off' }).click();
  await expect.poll(states).toEqual(['suspended']);
});
