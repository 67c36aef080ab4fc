import type { Page } from 'playwright/test';
import { expect } from '../fixtures.ts';
import { choosePicture, withoutGame } from '../gamer-page.ts';
import { openPage, type PageState } from './page-state.ts';
import { freshGamer, helpingVolunteer, stillGamer } from './people.ts';

/** Opens whatever is folded around an element: which parts of the page are is not a matter of these states. */
async function unfold(page: Page, testId: string): Promise<void> {
  await page.getByTestId(testId).evaluate((element) => {
    for (let at = element.closest('details'); at; at = at.parentElement?.closest('details') ?? null) at.open = true;
  });
}

/** The gamer's page. */
export const GAMER_STATES: readonly PageState[] = [
  {
    name: 'gamer-fresh',
    about: 'The game runs, and nobody helps yet.',
    looks: ['dark', 'light', 'forced'],
    open: freshGamer,
  },
  {
    name: 'gamer-volunteer',
    about: 'A volunteer sharpens the game: who does what, its shares, the stages of a frame, the chart.',
    looks: ['dark', 'light', 'forced'],
    async open(stage) {
      const gamer = await freshGamer(stage);
      await helpingVolunteer(stage, gamer);
      await expect(gamer.getByTestId('latency')).toHaveText(/\d/);
      return gamer;
    },
  },
  {
    name: 'gamer-measuring',
    about: 'A volunteer’s window on this machine measures itself.',
    async open(stage) {
      const gamer = await freshGamer(stage);
      // Its engine never starts, so it stays so.
      await stage.context.route('**/volunteer.worker-*', () => {});
      const opening = stage.context.waitForEvent('page');
      await unfold(gamer, 'open-volunteer');
      await gamer.getByTestId('open-volunteer').click();
      await opening;
      await gamer.bringToFront();
      return gamer;
    },
  },
  {
    name: 'gamer-slow',
    about: 'The best network on a machine without a graphics card: why it is only enlarged, and what to do.',
    async open(stage) {
      const gamer = await freshGamer(stage);
      await gamer.getByTestId('where').getByRole('radio', { name: 'Here' }).check();
      await gamer.getByRole('combobox', { name: 'Quality' }).selectOption('ultra');
      await expect(gamer.getByTestId('fps')).toHaveText(/\d/);
      return gamer;
    },
  },
  {
    name: 'gamer-picture',
    about: 'A still picture instead of the game.',
    open: stillGamer,
  },
  {
    name: 'gamer-broken-file',
    about: 'A file that is no picture: told where it was chosen, while the old picture stays.',
    async open(stage) {
      const gamer = await stillGamer(stage);
      // A person spends longer in the file dialog than the 500 ms in which what moves after a click is expected.
      await gamer
        .getByTestId('source-image')
        .setInputFiles({ name: 'broken.png', mimeType: 'image/png', buffer: Buffer.from('not a picture') });
      await expect(gamer.getByText(/broken\.png/).first()).toBeVisible();
      return gamer;
    },
  },
  {
    name: 'gamer-camera-refused',
    about: 'The person did not allow the camera.',
    async open(stage) {
      const gamer = await stillGamer(stage);
      // Nobody answers the question of a browser without a window. A person takes longer than the 500 ms in which what moves after a click is expected.
      await gamer.evaluate((answerMs) => {
        navigator.mediaDevices.getUserMedia = () =>
          new Promise((_, reject) => setTimeout(() => reject(new DOMException('', 'NotAllowedError')), answerMs));
      }, 700);
      await gamer.getByTestId('source').getByRole('radio', { name: 'Camera' }).check();
      await gamer.getByTestId('source-camera').click();
      await expect(gamer.getByText('The camera was not allowed.')).toBeVisible();
      return gamer;
    },
  },
  {
    name: 'gamer-share-code',
    about: 'The invite as a code for typing and as a QR code, which stays dark on light in every look.',
    looks: ['dark', 'light', 'forced'],
    async open(stage) {
      const gamer = await stillGamer(stage);
      await unfold(gamer, 'short-code');
      await gamer.getByTestId('short-code').click();
      await expect(gamer.getByRole('textbox', { name: /a code/ })).toHaveValue(/\w{4}/);
      await gamer.getByText('QR code', { exact: true }).click();
      await expect(gamer.getByRole('img', { name: /QR code/ })).toBeVisible();
      return gamer;
    },
  },
  {
    name: 'gamer-join-question',
    about: 'A link to somebody else’s room: nothing happens before the person agrees.',
    async open(stage) {
      const { origin } = new URL(stage.serverUrl);
      const gamer = await stage.context.newPage();
      await withoutGame(gamer);
      await gamer.goto(new URL('/gamer#room=somebody', origin).href);
      await expect(gamer.getByTestId('join-room')).toBeEnabled();
      return gamer;
    },
  },
  {
    name: 'gamer-hangar',
    about: 'The hangar, ray-traced on this machine since nobody helps.',
    looks: ['dark'],
    async open(stage) {
      const gamer = await freshGamer(stage);
      await unfold(gamer, 'hangar');
      // It is rendered only while it can be seen.
      await gamer.getByTestId('hangar').getByRole('img').scrollIntoViewIfNeeded();
      await expect(gamer.getByTestId('hangar').getByText('Rendering')).toHaveCount(0);
      return gamer;
    },
  },
  {
    name: 'gamer-no-webrtc',
    about: 'A browser without WebRTC.',
    async open({ context, serverUrl }) {
      const gamer = await context.newPage();
      await withoutGame(gamer);
      await gamer.addInitScript(() => Reflect.deleteProperty(window, 'RTCPeerConnection'));
      await gamer.goto(new URL('/gamer', serverUrl).href);
      await expect(gamer.getByRole('alert').filter({ hasText: 'WebRTC' })).toBeVisible();
      return gamer;
    },
  },
  {
    name: 'gamer-without-script',
    about: 'Its script did not load.',
    looks: ['dark'],
    async open(stage) {
      await stage.context.route(/gamer-[\w-]+\.js$/, (route) => route.abort());
      const gamer = await openPage(stage, '/gamer');
      await expect(gamer.getByText('This page did not start')).toBeVisible();
      return gamer;
    },
  },
  {
    name: 'gamer-diagnostics',
    about: 'The report of a browser without a clipboard.',
    async open(stage) {
      const gamer = await stillGamer(stage);
      await gamer.evaluate(() => Object.defineProperty(navigator, 'clipboard', { value: undefined }));
      await unfold(gamer, 'copy-diagnostics');
      await gamer.getByTestId('copy-diagnostics').click();
      await expect(gamer.getByTestId('diagnostics-text')).toBeVisible();
      return gamer;
    },
  },
  {
    name: 'gamer-other-picture',
    about: 'A picture was chosen while the game ran.',
    looks: ['light'],
    async open(stage) {
      const gamer = await freshGamer(stage);
      await choosePicture(gamer);
      await expect(gamer.getByText(/^Shown: 128 × 72/)).toBeVisible();
      return gamer;
    },
  },
];
