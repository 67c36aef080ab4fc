import type { Page } from 'playwright/test';
import { expect } from '../fixtures.ts';
import { linkOf, openGamer, openStillGamer } from '../gamer-page.ts';
import type { Stage } from './page-state.ts';

/** A gamer and a volunteer, step by step on the way to each other. */

/** A gamer's page with its game running. */
export async function freshGamer({ context, serverUrl }: Stage): Promise<Page> {
  const gamer = await context.newPage();
  await openGamer(gamer, serverUrl);
  return gamer;
}

/** One with a still picture instead of the game. */
export async function stillGamer({ context, serverUrl }: Stage): Promise<Page> {
  const gamer = await context.newPage();
  await openStillGamer(gamer, serverUrl);
  return gamer;
}

/** The page of a volunteer that followed the gamer's link. */
export async function askedVolunteer({ context }: Stage, gamer: Page): Promise<Page> {
  const volunteer = await context.newPage();
  await volunteer.goto(await linkOf(gamer));
  await expect(volunteer.getByTestId('start')).toBeEnabled();
  return volunteer;
}

/** One that has pressed Start and serves. */
export async function servingVolunteer(stage: Stage, gamer: Page): Promise<Page> {
  const volunteer = await askedVolunteer(stage, gamer);
  await volunteer.getByTestId('start').click();
  await expect(volunteer.getByTestId('pause')).toBeEnabled();
  return volunteer;
}

/** One that the gamer's frames go to. The gamer's page is in front. */
export async function helpingVolunteer(stage: Stage, gamer: Page): Promise<Page> {
  const volunteer = await servingVolunteer(stage, gamer);
  await gamer.bringToFront();
  await gamer.getByTestId('where').getByRole('radio', { name: 'Volunteers' }).check();
  return volunteer;
}
