import type { Page } from 'playwright/test';
import { expect } from '../fixtures.ts';
import { linkOf, openGamer, openStillGamer } from '../gamer-page.ts';
import { openPage, type PageState, type Stage } from './page-state.ts';

/** The page of a volunteer that followed a gamer's link. */
async function askedVolunteer({ context, serverUrl }: Stage): Promise<Page> {
  const gamer = await context.newPage();
  const link = await openStillGamer(gamer, serverUrl);
  const volunteer = await context.newPage();
  await volunteer.goto(link);
  await expect(volunteer.getByTestId('start')).toBeEnabled();
  return volunteer;
}

async function serving(stage: Stage): Promise<Page> {
  const volunteer = await askedVolunteer(stage);
  await volunteer.getByTestId('start').click();
  await expect(volunteer.getByTestId('pause')).toBeEnabled();
  return volunteer;
}

/** The volunteer's page. */
export const VOLUNTEER_STATES: readonly PageState[] = [
  {
    name: 'volunteer-fresh',
    about: 'Without an invite.',
    looks: ['dark', 'light', 'forced'],
    async open(stage) {
      const volunteer = await openPage(stage, '/volunteer');
      await expect(volunteer.getByTestId('status')).toBeVisible();
      return volunteer;
    },
  },
  {
    name: 'volunteer-asked',
    about: 'A friend’s landing: who asks, for what, what it costs, and one button.',
    looks: ['dark', 'light', 'forced'],
    open: askedVolunteer,
  },
  {
    name: 'volunteer-serving',
    about: 'It helps with frames: figures, chart, what this machine computes with.',
    looks: ['dark', 'light', 'forced'],
    async open({ context, serverUrl }) {
      const gamer = await context.newPage();
      await openGamer(gamer, serverUrl);
      const volunteer = await context.newPage();
      await volunteer.goto(await linkOf(gamer));
      await volunteer.getByTestId('start').click();
      await expect(volunteer.getByTestId('pause')).toBeEnabled();
      await gamer.bringToFront();
      await gamer.getByTestId('where').getByRole('radio', { name: 'Volunteers' }).check();
      await expect(volunteer.getByTestId('frames')).not.toHaveText('0');
      await volunteer.bringToFront();
      return volunteer;
    },
  },
  {
    name: 'volunteer-measuring',
    about: 'It measures itself after Start.',
    looks: ['dark'],
    async open(stage) {
      const volunteer = await askedVolunteer(stage);
      // Its engine never starts, so it stays so.
      await stage.context.route('**/volunteer.worker-*', () => {});
      await volunteer.getByTestId('start').click();
      await expect(volunteer.getByTestId('pause')).toBeDisabled();
      return volunteer;
    },
  },
  {
    name: 'volunteer-paused',
    about: 'Paused by hand.',
    looks: ['light'],
    async open(stage) {
      const volunteer = await serving(stage);
      await volunteer.getByTestId('pause').click();
      await expect(volunteer.getByTestId('status')).toContainText(/paused/i);
      return volunteer;
    },
  },
  {
    name: 'volunteer-model-servers',
    about: 'The field for servers of models, with an address that is none.',
    async open(stage) {
      const volunteer = await openPage(stage, '/volunteer');
      const servers = volunteer.getByRole('textbox', { name: /^Other servers whose models/ });
      await servers.fill('models.example, not an address');
      await servers.blur();
      return volunteer;
    },
  },
  {
    name: 'volunteer-hours',
    about: 'The hours of the week in which it helps.',
    async open(stage) {
      const volunteer = await openPage(stage, '/volunteer');
      await volunteer.getByRole('switch', { name: /^Only at certain hours/ }).check();
      return volunteer;
    },
  },
  {
    name: 'volunteer-wrong-code',
    about: 'A code that nobody has.',
    async open(stage) {
      const volunteer = await openPage(stage, '/volunteer');
      const field = volunteer.getByRole('textbox', { name: 'Invite link or code' });
      await field.fill('ABCD2345');
      await field.press('Enter');
      await expect(volunteer.locator('.invite-form__wrong')).not.toBeEmpty();
      return volunteer;
    },
  },
  {
    name: 'volunteer-forged-invite',
    about: 'An invite that this server did not make.',
    looks: ['dark', 'light', 'forced'],
    async open(stage) {
      const volunteer = await askedVolunteer(stage);
      const forged = volunteer.url().replace(/invite=[^&]+/, 'invite=forged');
      await volunteer.goto('about:blank');
      await volunteer.goto(forged);
      await volunteer.getByTestId('start').click();
      await expect(volunteer.getByRole('alert')).toContainText(/invite/i);
      return volunteer;
    },
  },
];
