import { expect } from '../fixtures.ts';
import { openPage, type PageState, type Stage } from './page-state.ts';
import { askedVolunteer, freshGamer, helpingVolunteer, servingVolunteer, stillGamer } from './people.ts';

/** Asked by a gamer who shows a still picture. */
const asked = async (stage: Stage) => askedVolunteer(stage, await stillGamer(stage));

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
    open: asked,
  },
  {
    name: 'volunteer-serving',
    about: 'It helps with frames: figures, chart, what this machine computes with.',
    looks: ['dark', 'light', 'forced'],
    async open(stage) {
      const volunteer = await helpingVolunteer(stage, await freshGamer(stage));
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
      const volunteer = await asked(stage);
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
      const volunteer = await servingVolunteer(stage, await stillGamer(stage));
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
      const volunteer = await asked(stage);
      const forged = volunteer.url().replace(/invite=[^&]+/, 'invite=forged');
      await volunteer.goto('about:blank');
      await volunteer.goto(forged);
      await volunteer.getByTestId('start').click();
      await expect(volunteer.getByRole('alert')).toContainText(/invite/i);
      return volunteer;
    },
  },
];
