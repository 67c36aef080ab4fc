import { render } from 'preact';
import { afterEach, expect, it } from 'vitest';
import '../ui/base.css';
import { MeshError } from '../../shared/errors.ts';
import type { ModelProgress } from '../sdk/types.ts';
import { rememberedLimits } from './remembered-limits.ts';
import { VolunteerPage } from './volunteer-page.tsx';
import { type Node as HelpingNode, Volunteering } from './volunteering.ts';

class FakeNode extends EventTarget implements Pick<HelpingNode, 'state' | 'stats'> {
  readonly state = 'serving';
  isPolling = false;
  readonly capabilities = { adapter: 'card', backends: {} };
  readonly limitStates = [];
  setLimits() {}
  stats() {
    const bytes = { bytesIn: 0, bytesOut: 0, bytesToday: 0 };
    return {
      tasksDone: 0,
      framesDone: 0,
      gamers: 0,
      interrupted: 0,
      load: 0,
      coolingShare: 1,
      busyMs: 0,
      ...bytes,
      qualities: [],
    };
  }
  async diagnostics() {
    return {};
  }
  pause() {}
  resume() {}
  async stop() {}
}

const PAGE = {
  findOffers: async () => ({ lobby: false, relay: false }),
  lookUp: async () => null,
  ...{ name: 'calm-fox', onName: () => {} },
  ...{ limits: rememberedLimits(null), onLimits: () => {} },
  ...{ addressAudience: 'invited' as const, onAddressAudience: () => {} },
};

const root = document.body.appendChild(document.createElement('div'));
afterEach(() => render(null, root));

it('shows network fetches and their failures, and serves all the same', async () => {
  let report: ((progress: ModelProgress) => void) | undefined;
  const volunteering = new Volunteering(
    async ({ onModelProgress }) => {
      report = onModelProgress;
      return new FakeNode();
    },
    () => performance.now(),
  );
  const invited = { code: null, invite: { room: 'r' }, isConsented: true };
  render(<VolunteerPage {...{ ...PAGE, volunteering, invited }} />, root);
  await expect.poll(() => root.textContent).toContain('Ready. Waiting for a gamer.');
  const quality = { model: 'quality', kind: 'wgsl', totalBytes: 212_000 } as const;
  report?.({ ...quality, state: 'fetching', loadedBytes: 120_000 });
  const line = () => root.querySelector('[data-testid=models]')?.textContent;
  await expect.poll(line).toBe('Fetching the network ‘quality’: 120 kB of 212 kB');
  const message = 'quality.bin came damaged (wrong hash). Reload the page.';
  report?.({ ...quality, state: 'failed', loadedBytes: 0, error: { reason: 'malformed', message } });
  await expect.poll(line).toBeUndefined();
  expect(root.textContent).toContain(`The network ‘quality’ cannot be used on this machine${message}`);
  expect(root.textContent).toContain('Ready. Waiting for a gamer.');
  report?.({ ...quality, state: 'ready', loadedBytes: 212_000 });
  await expect.poll(() => root.textContent).not.toContain('cannot be used');
  await volunteering.stop();
});

it.each([
  ['its strangers get this machine’s address only through the relay', true],
  ['without a relay it says that its strangers see the address, before it starts', false],
])('offers the open lobby without an invite; %s', async (_, relay) => {
  const starts: unknown[] = [];
  const volunteering = new Volunteering(
    async ({ lobby, room, relayOnly }) => {
      starts.push({ lobby, room, relayOnly });
      return new FakeNode();
    },
    () => performance.now(),
  );
  const invited = { code: null, invite: null, isConsented: false };
  const findOffers = async () => ({ lobby: true, relay });
  render(<VolunteerPage {...{ ...PAGE, volunteering, invited, findOffers }} />, root);
  const button = () => root.querySelector<HTMLButtonElement>('[data-testid=lobby]');
  await expect.poll(button).not.toBeNull();
  const warns = 'strangers and see this machine’s network address';
  expect(root.textContent?.includes(warns)).toBe(!relay);
  await expect.poll(() => button()?.disabled).toBe(false);
  button()?.click();
  await expect.poll(() => root.textContent).toContain('Ready. Waiting for a gamer.');
  expect(starts).toEqual([{ lobby: true, room: undefined, relayOnly: relay }]);
  await volunteering.stop();
});

it('ignores a click that comes as the page appears, which may have been meant for another page', async () => {
  const starts: unknown[] = [];
  const volunteering = new Volunteering(
    async ({ room }) => {
      starts.push(room);
      return new FakeNode();
    },
    () => performance.now(),
  );
  const invited = { code: null, invite: { room: 'r' }, isConsented: false };
  render(<VolunteerPage {...{ ...PAGE, volunteering, invited }} />, root);
  const button = () => root.querySelector<HTMLButtonElement>('[data-testid=start]');
  button()?.click();
  await expect.poll(() => button()?.disabled).toBe(false);
  expect(starts).toEqual([]);
  button()?.click();
  await expect.poll(() => root.textContent).toContain('Ready. Waiting for a gamer.');
  expect(starts).toEqual(['r']);
  await volunteering.stop();
});

it('takes a code as well as a link, and looks up neither what a link led to nor what is typed before the press: it says beside the field what is wrong with one, and who asks before anything starts', async () => {
  const starts: unknown[] = [];
  const volunteering = new Volunteering(
    async ({ room, invite }) => {
      starts.push([room, invite]);
      return new FakeNode();
    },
    () => performance.now(),
  );
  const asked: string[] = [];
  const lookUp = async (code: string) => {
    asked.push(code);
    if (code !== 'K7QF2M9X') throw new MeshError('not-invited', 'This server knows no such code. Ask for a new one.');
    return { room: 'den', token: 't', from: 'tidy-puffin' };
  };
  const invited = { invite: null, code: '00000000', isConsented: false };
  render(<VolunteerPage {...{ ...PAGE, volunteering, invited, lookUp }} />, root);
  const alert = () => root.querySelector('[role=alert]')?.textContent;
  const field = root.querySelector<HTMLInputElement>('.invite-form input');
  await expect.poll(() => field?.value).toBe('0000-0000');

  const type = (text: string) => {
    if (field) field.value = text;
    field?.dispatchEvent(new Event('input', { bubbles: true }));
  };
  const button = () => root.querySelector<HTMLButtonElement>('[data-testid=use-invite]');
  const use = () => button()?.click();
  // A press that comes as the page appears may have been meant for another page.
  use();
  await expect.poll(() => button()?.disabled).toBe(false);
  expect(asked, 'a link looks nothing up by itself').toEqual([]);
  use();
  await expect.poll(alert).toContain('knows no such code');
  expect(field?.value, 'stays to be corrected').toBe('0000-0000');
  type('K7QF-2M9');
  await expect.poll(() => field?.value).toBe('K7QF-2M9');
  use();
  await expect.poll(alert).toContain('neither an invite link nor a code');
  type('k7qf 2m9x');
  await expect.poll(() => field?.value).toBe('k7qf 2m9x');
  use();
  await expect.poll(() => root.textContent).toContain('The gamer says it is “tidy-puffin”.');
  for (const cost of ['Power', 'Usually about 70 MB a minute', 'You see', 'They see'])
    expect(root.textContent).toContain(cost);
  expect([asked, starts]).toEqual([['00000000', 'K7QF2M9X'], []]);
  const start = () => root.querySelector<HTMLButtonElement>('[data-testid=start]');
  await expect.poll(() => start()?.disabled).toBe(false);
  start()?.click();
  await expect.poll(() => root.textContent).toContain('Ready. Waiting for a gamer.');
  expect(starts).toEqual([['den', 't']]);
  await volunteering.stop();
});

it('keeps saying why an invite was refused, also one that a short link led to', async () => {
  const refusal = new MeshError('not-invited', 'This invite has been used up. Ask for a new one.');
  const volunteering = new Volunteering(
    () => Promise.reject(refusal),
    () => performance.now(),
  );
  let lookUps = 0;
  const lookUp = async () => {
    lookUps++;
    return { room: 'den', token: 't' };
  };
  const invited = { invite: null, code: 'K7QF2M9X', isConsented: false };
  render(<VolunteerPage {...{ ...PAGE, volunteering, invited, lookUp }} />, root);
  const use = () => root.querySelector<HTMLButtonElement>('[data-testid=use-invite]');
  await expect.poll(() => use()?.disabled).toBe(false);
  use()?.click();
  await expect.poll(() => root.textContent).toContain('A gamer asks for your graphics card');
  const start = () => root.querySelector<HTMLButtonElement>('[data-testid=start]');
  await expect.poll(() => start()?.disabled).toBe(false);
  start()?.click();
  await expect.poll(() => root.textContent).toContain('has been used up');
  expect(root.querySelector<HTMLInputElement>('.invite-form input')?.value).toBe('');
  expect([lookUps, root.textContent?.includes('asks for your graphics card')]).toEqual([1, false]);
});

it('says of the name in a link that the gamer chose it, above the button and apart from its own words, and which servers see the address', async () => {
  const volunteering = new Volunteering(
    async () => new FakeNode(),
    () => performance.now(),
  );
  const from = 'Your bank” \u202easks';
  const invited = { code: null, invite: { room: 'r', from }, isConsented: false };
  const limits = { ...PAGE.limits, acceptModelsFrom: ['https://a.example', 'https://b.example'] };
  const findOffers = async () => ({ lobby: false, relay: true });
  render(<VolunteerPage {...{ ...PAGE, volunteering, invited, limits, findOffers }} />, root);
  await expect.poll(() => root.querySelector('.panel__title')?.textContent).toBe('A gamer asks for your graphics card');
  expect(root.textContent).toContain('https://a.example and https://b.example: your limits let games');
  const [warning, start] = [root.querySelector('.request__from'), root.querySelector('[data-testid=start]')];
  expect(warning?.textContent).toContain("The gamer says it is “Your bank' asks”.");
  expect(warning?.textContent).toContain('Start only if you know who sent you the link');
  expect(start && warning?.compareDocumentPosition(start)).toBe(Node.DOCUMENT_POSITION_FOLLOWING);
});
