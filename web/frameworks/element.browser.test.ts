import { afterEach, beforeEach, expect, onTestFinished, test, vi } from 'vitest';
import { GamerClient, MeshError } from '../sdk/p2c2r.ts';
import './element.ts';
import { TestClient } from './test-mesh.ts';

let clients: TestClient[];
let asked: unknown[];
beforeEach(() => {
  clients = [];
  asked = [];
  vi.spyOn(GamerClient, 'connect').mockImplementation(async (options) => {
    asked.push(options);
    const client = new TestClient();
    clients.push(client);
    return client.client;
  });
});
afterEach(() => {
  vi.restoreAllMocks();
  document.body.replaceChildren();
});

const INVITE = 'https://play.example/p2c2r/gamer#room=ours&invite=token';

function place(attributes: string, content = '<canvas></canvas>') {
  document.body.innerHTML = `<div id="one"><p2c2r-sharpen ${attributes}>${content}</p2c2r-sharpen></div><div id="two"></div>`;
  const element = document.querySelector('p2c2r-sharpen');
  if (!element) throw new Error('no element');
  return element;
}

test('joins the room of its invite at the server that made it, and sharpens the canvas within it', async () => {
  const element = place(
    `invite="${INVITE.replace('&', '&amp;')}" render-scale="0.5" quality="fast" where="volunteers"`,
  );
  await expect.poll(() => element.sharpened.attachment).not.toBeNull();
  expect(asked).toEqual([{ room: 'ours', invite: 'token', url: 'https://play.example/p2c2r/', name: 'p2c2r-sharpen' }]);
  expect(clients[0]?.covered).toEqual([element.querySelector('canvas')]);
  expect(clients[0]?.attached[0]?.options).toEqual({ renderScale: 0.5, quality: 'fast', where: 'volunteers' });
  expect(element.mesh.state).toBe('online');
  // Laid out as if it were not there.
  expect(getComputedStyle(element).display).toBe('contents');
});

test('follows a canvas that comes later, another one, and attributes that change', async () => {
  const element = place('server="https://play.example" room="open"', '<p>Loading</p>');
  await expect.poll(() => clients).toHaveLength(1);
  expect(clients[0]?.attached).toEqual([]);
  element.innerHTML = '<section><video></video></section>';
  await expect.poll(() => element.sharpened.shown.why).toBe('The video has no picture yet.');
  const video = element.querySelector('video');
  if (!video) throw new Error('no video');
  const source = document.createElement('canvas');
  const drawing = setInterval(() => source.getContext('2d')?.fillRect(0, 0, 9, 9), 20);
  onTestFinished(() => clearInterval(drawing));
  Object.assign(video, { muted: true, srcObject: source.captureStream() });
  await video.play();
  await expect.poll(() => clients[0]?.covered).toEqual([video]);
  expect(clients[0]?.attempts).toBe(1);
  element.innerHTML = '<canvas></canvas>';
  await expect.poll(() => clients[0]?.covered).toEqual([element.querySelector('canvas')]);
  element.setAttribute('max-fps', '30');
  await expect.poll(() => clients[0]?.attached.at(-1)?.options).toEqual({ maxFps: 30 });
  expect(clients[0]?.covered).toHaveLength(1);
  element.setAttribute('room', 'another');
  await expect.poll(() => clients.map(({ closed }) => closed)).toEqual([1, 0]);
});

test('an element that is moved keeps what it has; one that is removed leaves nothing behind', async () => {
  const element = place('room="open"');
  await expect.poll(() => clients[0]?.covered).toHaveLength(1);
  document.querySelector('#two')?.append(element);
  await new Promise(requestAnimationFrame);
  expect(clients[0]?.attached).toHaveLength(1);
  expect(clients[0]?.covered).toHaveLength(1);
  element.remove();
  await expect.poll(() => clients.map(({ closed, covered }) => [closed, covered.length])).toEqual([[1, 0]]);
  document.body.append(element);
  await expect.poll(() => clients[1]?.covered).toHaveLength(1);
});

test('says by its events that it left, as it said that it came', async () => {
  const element = place('room="open"');
  const told: [string, string, boolean][] = [];
  const tell = ({ type }: Event) => void told.push([type, element.mesh.state, element.sharpened.attachment !== null]);
  await expect.poll(() => clients[0]?.covered).toHaveLength(1);
  element.addEventListener('state', tell);
  element.addEventListener('shown', tell);
  element.remove();
  await expect
    .poll(() => told)
    .toEqual([
      ['shown', 'online', false],
      ['state', 'closed', false],
    ]);
  expect(element.client).toBeNull();
});

test('takes what a page set before the element was defined', async () => {
  const template = document.createElement('template');
  template.innerHTML = '<p2c2r-sharpen render-scale="0.5"><canvas></canvas></p2c2r-sharpen>';
  const element = template.content.querySelector('p2c2r-sharpen');
  if (!element) throw new Error('no element');
  const given = new TestClient();
  const renderer = { setPixelRatio: () => {} };
  Object.assign(element, { client: given.client, renderer });
  // In a template it is no element of ours yet.
  expect(element.mesh).toBeUndefined();
  document.body.append(element);
  await expect.poll(() => given.attached.at(-1)?.options).toEqual({ renderScale: 0.5, renderer });
  expect([element.client, asked]).toEqual([given.client, []]);
});

test('uses a client and a renderer that it is given, and leaves that client open', async () => {
  const element = place('render-scale="0.5"');
  const given = new TestClient();
  const renderer = { setPixelRatio: () => {} };
  element.client = given.client;
  element.renderer = renderer;
  await expect.poll(() => given.attached.at(-1)?.options).toEqual({ renderScale: 0.5, renderer });
  expect(asked).toEqual([]);
  element.remove();
  await expect.poll(() => given.covered).toEqual([]);
  expect(given.closed).toBe(0);
});

test('says by an event what is wrong with an attribute, and goes on when it was corrected', async () => {
  const errors: MeshError[] = [];
  const element = place('');
  element.addEventListener('error', (event: Event) => errors.push((event as CustomEvent<MeshError>).detail));
  element.setAttribute('invite', 'token');
  await expect
    .poll(() => errors.map(({ message }) => message))
    .toEqual([expect.stringMatching(/^invite is no invite/)]);
  element.setAttribute('invite', INVITE);
  await expect.poll(() => clients.at(-1)?.covered).toHaveLength(1);
});

test('says once what is wrong with an attribute, also where the page writes it into the element', async () => {
  const element = place('');
  let errors = 0;
  element.addEventListener('error', (event: Event) => {
    errors++;
    // Endless otherwise: this test must fail, not freeze.
    if (errors < 5) element.append((event as CustomEvent<MeshError>).detail.message);
  });
  element.setAttribute('scale', 'large');
  await expect.poll(() => errors).toBe(1);
  element.append(document.createElement('canvas'));
  await new Promise(requestAnimationFrame);
  expect(errors).toBe(1);
  element.setAttribute('scale', 'larger');
  await expect.poll(() => errors).toBe(2);
  element.removeAttribute('scale');
  await expect.poll(() => clients.at(-1)?.covered).toHaveLength(1);
});

test('says by an event what could not be ended when it leaves the page', async () => {
  const errors: MeshError[] = [];
  const element = place('room="open"');
  element.addEventListener('error', (event: Event) => errors.push((event as CustomEvent<MeshError>).detail));
  await expect.poll(() => clients[0]?.covered).toHaveLength(1);
  const [client] = clients;
  if (client) client.close = () => Promise.reject(new Error('The worker is gone.'));
  element.remove();
  await expect.poll(() => errors.map(({ message }) => message)).toEqual(['The worker is gone.']);
});

test('where frames are sharpened may change without another room, also with a client that it is given', async () => {
  const element = place('where="volunteers"');
  await expect.poll(() => clients[0]?.attached.at(-1)?.options).toEqual({ where: 'volunteers' });
  element.setAttribute('where', 'local');
  await expect.poll(() => clients[0]?.attached.at(-1)?.options).toEqual({ where: 'local' });
  expect(asked).toHaveLength(1);
  const given = new TestClient();
  element.client = given.client;
  await expect.poll(() => given.attached.at(-1)?.options).toEqual({ where: 'local' });
});

test('a join that failed can be tried again, and an attachment to a client that it is given', async () => {
  vi.mocked(GamerClient.connect).mockRejectedValueOnce(new MeshError('signaling-unreachable', 'The server is away.'));
  const element = place('room="open"');
  await expect.poll(() => element.mesh.error?.message).toBe('The server is away.');
  element.retry();
  await expect.poll(() => clients[0]?.covered).toHaveLength(1);
  expect(element.mesh).toMatchObject({ state: 'online', error: null });

  const given = new TestClient();
  given.refusal = new MeshError('unsupported-browser', 'This browser has no WebCodecs.');
  element.client = given.client;
  await expect.poll(() => element.sharpened.error).toBe(given.refusal);
  given.refusal = null;
  element.retry();
  await expect.poll(() => given.covered).toHaveLength(1);
  expect(given.closed).toBe(0);
});
