import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { MeshError } from '../../shared/errors.ts';
import type { Attachment, AttachOptions, GamerClient, GamerState, VolunteerInfo } from '../sdk/p2c2r.ts';
import { AttachSession, type SessionStatus } from './attach-session.ts';
import { scriptOptions } from './script-options.ts';

class FakeAttachment extends EventTarget {
  shown = { is: false, why: 'The sharpened picture is on its way.' };
  isDetached = false;

  constructor(
    readonly element: HTMLElement,
    readonly options: AttachOptions,
  ) {
    super();
  }

  show(): void {
    this.shown = { is: true, why: '' };
    this.dispatchEvent(new Event('shown'));
  }

  async detach(): Promise<void> {
    this.isDetached = true;
  }
}

class FakeClient extends EventTarget {
  mayInvite = true;
  state: GamerState = 'online';
  volunteers: (Pick<VolunteerInfo, 'name'> & Partial<Pick<VolunteerInfo, 'barred'>>)[] = [];
  attached: FakeAttachment[] = [];
  isClosed = false;
  refused = new Set<Element>();
  createInvite = async () => ({ url: 'https://server/volunteer#room=r', token: 't' });

  async attach(element: HTMLElement, options: AttachOptions): Promise<Attachment> {
    if (this.refused.has(element)) throw MeshError.badInput('This element cannot be captured.');
    const attachment = new FakeAttachment(element, options);
    this.attached.push(attachment);
    return attachment as unknown as Attachment;
  }

  async close(): Promise<void> {
    this.isClosed = true;
  }
}

let client: FakeClient;
let told: SessionStatus[];
let entered: HTMLIFrameElement[];
let failure: MeshError | null;
let connects: number;
let session: AttachSession | null;

beforeEach(() => {
  vi.useFakeTimers();
  [client, told, entered, failure, connects, session] = [new FakeClient(), [], [], null, 0, null];
});

afterEach(async () => {
  await session?.stop();
  vi.useRealTimers();
  document.body.replaceChildren();
});

async function start(data: Record<string, string> = {}, renderer: object | null = null): Promise<AttachSession> {
  session = new AttachSession({
    options: scriptOptions(data),
    page: document,
    connect: async () => {
      connects++;
      if (failure) throw failure;
      return client as unknown as GamerClient;
    },
    rendererOf: () => renderer,
    enterFrame: (frame) => entered.push(frame),
    onStatus: (status) => told.push(status),
  });
  await session.start();
  return session;
}

function addCanvas(): HTMLCanvasElement {
  const element = document.createElement('canvas');
  element.style.cssText = 'width:300px;height:200px';
  return document.body.appendChild(element);
}

test('a game that comes later is found, and who helps is said', async () => {
  await start();
  expect(told.at(-1)).toMatchObject({ title: 'No game yet', inviteLink: null });
  const game = addCanvas();
  await vi.advanceTimersByTimeAsync(1_000);
  expect(client.attached.map(({ element }) => element)).toEqual([game]);
  expect(told.at(-1)).toMatchObject({ title: 'No helper', inviteLink: 'https://server/volunteer#room=r' });
  client.volunteers = [{ name: 'Vera' }];
  client.attached[0]?.show();
  expect(told.at(-1)).toMatchObject({
    tone: 'sharper',
    title: 'Sharper',
    detail: expect.stringContaining('Helping: “Vera”.'),
  });
});

test('a game that the page replaces is given up for the new one', async () => {
  const game = addCanvas();
  await start();
  game.remove();
  const next = addCanvas();
  await vi.advanceTimersByTimeAsync(4_000);
  expect(client.attached.map(({ element, isDetached }) => [element, isDetached])).toEqual([
    [game, true],
    [next, false],
  ]);
});

test('an element that cannot be captured is passed over, and why is still said later', async () => {
  const tainted = addCanvas();
  client.refused.add(tainted);
  await start();
  await vi.advanceTimersByTimeAsync(3_000);
  expect(told.at(-1)).toMatchObject({ tone: 'failed', detail: 'This element cannot be captured.', hasEnded: false });
  const game = addCanvas();
  await vi.advanceTimersByTimeAsync(1_000);
  expect(client.attached[0]?.element).toBe(game);
});

test('an element that could not be taken is tried again, ever more rarely', async () => {
  const game = addCanvas();
  client.refused.add(game);
  const triedMs: number[] = [];
  const startMs = performance.now();
  const { attach } = client;
  client.attach = (...call) => {
    triedMs.push(performance.now() - startMs);
    return attach.apply(client, call);
  };
  await start();
  await vi.advanceTimersByTimeAsync(40_000);
  client.refused.delete(game);
  await vi.advanceTimersByTimeAsync(40_000);
  expect(triedMs).toEqual([0, 1_000, 3_000, 7_000, 15_000, 31_000, 63_000]);
  expect(told.at(-1)).toMatchObject({ tone: 'idle', title: 'No helper' });
});

test('a server that gives no invite now leaves the page without a link, and who comes is said all the same', async () => {
  client.createInvite = () => Promise.reject(new MeshError('signaling-unreachable', 'The server is away.'));
  addCanvas();
  await start();
  expect(told.at(-1)).toMatchObject({ title: 'No helper', inviteLink: null });
  client.volunteers = [{ name: 'Vera' }];
  client.dispatchEvent(new Event('volunteers'));
  expect(told.at(-1)).toMatchObject({ title: 'As it is', detail: expect.stringContaining('Linked: “Vera”.') });
});

test('a server that refuses is not asked again until the person wants it', async () => {
  addCanvas();
  failure = new MeshError('signaling-unreachable', 'Pages of this origin may not connect.');
  const session = await start();
  await vi.advanceTimersByTimeAsync(10_000);
  expect(told.filter(({ tone }) => tone === 'failed')).toHaveLength(1);
  expect(told.at(-1)).toMatchObject({ detail: 'Pages of this origin may not connect.', hasEnded: true });
  failure = null;
  await session.start();
  expect(client.attached).toHaveLength(1);
});

test('the game in a frame is left to a script in that frame', async () => {
  const frame = document.body.appendChild(document.createElement('iframe'));
  frame.style.cssText = 'width:400px;height:300px';
  const inside = frame.contentDocument?.createElement('canvas');
  if (inside) {
    inside.style.cssText = 'width:300px;height:200px';
    frame.contentDocument?.body.append(inside);
  }
  await start();
  expect([entered, client.attached]).toEqual([[frame], []]);
});

test('only an engine that is known is told to draw smaller', async () => {
  addCanvas();
  await start({ renderScale: '0.5', maxFps: '30' });
  expect(client.attached[0]?.options).toEqual({ maxFps: 30 });
  await session?.stop();
  const renderer = {};
  await start({ renderScale: '0.5' }, renderer);
  expect(client.attached[1]?.options).toEqual({ renderScale: 0.5, renderer });
});

test('a stopped session leaves the room and says nothing more', async () => {
  addCanvas();
  const session = await start();
  await session.stop();
  const { length } = told;
  client.dispatchEvent(new Event('volunteers'));
  await vi.advanceTimersByTimeAsync(5_000);
  expect([client.isClosed, told.length, client.attached.length]).toEqual([true, length, 1]);
});

test('another attempt when the game has left says so, and two of them leave one search and one client', async () => {
  const game = addCanvas();
  failure = new MeshError('signaling-unreachable', 'The server is away.');
  const session = await start();
  expect(told.at(-1)).toMatchObject({ tone: 'failed', hasEnded: true });
  game.remove();
  failure = null;
  await Promise.all([session.start(), session.start()]);
  expect(told.at(-1)).toMatchObject({ title: 'No game yet', hasEnded: false });
  const { length } = told;
  await vi.advanceTimersByTimeAsync(3_000);
  expect(told).toHaveLength(length + 3);
  addCanvas();
  await vi.advanceTimersByTimeAsync(1_000);
  expect([connects, client.attached.length]).toEqual([2, 1]);
});

test('a game that could not be taken is forgotten when it has left', async () => {
  const game = addCanvas();
  client.refused.add(game);
  await start();
  game.remove();
  await vi.advanceTimersByTimeAsync(1_000);
  expect(told.at(-1)).toMatchObject({ title: 'No game yet' });
});

test('why nobody helps is said as far as it is known, until somebody does', async () => {
  addCanvas();
  await start();
  const detail = new MeshError('connection-failed', 'The two browsers found no way to each other.');
  client.dispatchEvent(new CustomEvent('error', { detail }));
  expect(told.at(-1)?.detail).toContain('Nobody helps yet. The two browsers found no way to each other.');
  client.volunteers = [{ name: 'Vera' }];
  client.dispatchEvent(new Event('volunteers'));
  expect(told.at(-1)?.detail).toMatch(/Linked: “Vera”\.$/);
  client.volunteers = [];
  client.dispatchEvent(new Event('volunteers'));
  expect(told.at(-1)?.detail).toMatch(/Nobody helps yet\.$/);
  client.state = 'reconnecting';
  client.dispatchEvent(new Event('state'));
  expect(told.at(-1)?.detail).toContain('the server cannot be reached');
});

test('a volunteer that is barred is not said to help', async () => {
  addCanvas();
  await start();
  client.volunteers = [
    { name: 'Vera', barred: false },
    { name: 'Eve', barred: true },
  ];
  client.dispatchEvent(new Event('volunteers'));
  expect(told.at(-1)?.detail).toMatch(/Linked: “Vera”\.$/);
});

test.each([
  ['why', MeshError.removedFromRoom(), 'The owner of this room has removed this machine'],
  ['also without a reason', null, 'The connection to the server has ended.'],
])('that the session has ended is said, %s, and another attempt joins anew', async (_, error, message) => {
  const game = addCanvas();
  const session = await start();
  const removed = client;
  if (error) removed.dispatchEvent(new CustomEvent('error', { detail: error }));
  removed.state = 'closed';
  removed.dispatchEvent(new Event('state'));
  await vi.advanceTimersByTimeAsync(5_000);
  expect(told.at(-1)).toMatchObject({ tone: 'failed', inviteLink: null, hasEnded: true });
  expect(told.at(-1)?.detail).toContain(message);
  expect([removed.isClosed, connects]).toEqual([true, 1]);
  client = new FakeClient();
  await session.start();
  expect(client.attached.map(({ element }) => element)).toEqual([game]);
  expect(told.at(-1)).toMatchObject({ title: 'No helper', hasEnded: false });
});
