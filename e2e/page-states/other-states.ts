import { expect } from '../fixtures.ts';
import { openPage, type PageState, type Stage } from './page-state.ts';

/** All looks, for pages whose states differ by nothing else. */
const ALL_LOOKS = ['dark', 'light', 'forced'] as const;

async function openCheck(stage: Stage) {
  const page = await openPage(stage, '/check');
  await expect(page.getByTestId('json')).toBeAttached();
  return page;
}

/** Every page but the gamer's and the volunteer's. */
export const OTHER_STATES: readonly PageState[] = [
  {
    name: 'home',
    about: 'The two pictures, and where to go from here.',
    looks: ALL_LOOKS,
    async open(stage) {
      const page = await openPage(stage, '/');
      await expect(page.getByRole('slider')).toBeVisible();
      return page;
    },
  },
  {
    name: 'compare',
    about: 'Every method beside the reference.',
    looks: ALL_LOOKS,
    async open(stage) {
      const page = await openPage(stage, '/compare');
      await expect(page.getByTestId('tile-quality')).toBeVisible();
      await expect(page.locator('[data-state=working]')).toHaveCount(0);
      return page;
    },
  },
  { name: 'check', about: 'What works between this browser and the server.', looks: ALL_LOOKS, open: openCheck },
  {
    name: 'check-json',
    about: 'The same as JSON.',
    looks: ['light'],
    async open(stage) {
      const page = await openCheck(stage);
      await page.getByText('The same as JSON').click();
      return page;
    },
  },
  {
    name: 'status',
    about: 'The server’s figures and charts.',
    looks: ALL_LOOKS,
    async open(stage) {
      const page = await openPage(stage, '/status');
      await expect(page.getByTestId('sockets')).toBeVisible();
      return page;
    },
  },
  {
    name: 'status-locked',
    about: 'From another machine it asks for the operator’s token.',
    async open(stage) {
      await stage.context.route('**/status.json', (route) =>
        route.fulfill({ status: 401, body: 'This wants the OPERATOR_TOKEN of the server.' }),
      );
      const page = await openPage(stage, '/status');
      await expect(page.getByLabel('Operator token')).toBeVisible();
      return page;
    },
  },
  {
    name: 'status-away',
    about: 'The server does not answer.',
    async open(stage) {
      await stage.context.route('**/status.json', (route) => route.abort());
      const page = await openPage(stage, '/status');
      await expect(page.getByRole('alert')).toBeVisible();
      return page;
    },
  },
  {
    name: 'what-volunteers-see',
    about: 'Who sees what, in plain words.',
    looks: ALL_LOOKS,
    open: (stage) => openPage(stage, '/what-volunteers-see'),
  },
  {
    name: 'not-found',
    about: 'A wrong address, some folders down.',
    looks: ALL_LOOKS,
    open: (stage) => openPage(stage, '/no/such/page'),
  },
  { name: 'examples', about: 'The examples.', looks: ALL_LOOKS, open: (stage) => openPage(stage, '/examples/') },
  ...(['upscale', 'inference', 'raytracing', 'attach'] as const).map(
    (example): PageState => ({
      name: `example-${example}`,
      about: 'An example without a helper.',
      async open(stage) {
        const page = await openPage(stage, `/examples/${example}.html`);
        await expect(page.locator('#helpers')).toContainText('No helpers');
        return page;
      },
    }),
  ),
];
