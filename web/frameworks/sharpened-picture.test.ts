import { expect, test } from 'vitest';
import { ManualClock } from '../../shared/test-manual-clock.ts';
import { MeshError } from '../sdk/p2c2r.ts';
import { type Picture, SharpenedPicture, type SharpenedState } from './sharpened-picture.ts';
import { settle, TestClient } from './test-mesh.ts';

/** An element only names a picture here. */
const newElement = () => ({}) as Picture;

function newVideo() {
  const video = Object.assign(new EventTarget(), { HAVE_NOTHING: 0, HAVE_CURRENT_DATA: 2, readyState: 0 });
  return { video, element: video as unknown as Picture };
}

function sharpening(client: TestClient, element: Picture, options = {}) {
  const states: SharpenedState[] = [];
  const clock = new ManualClock();
  const picture = new SharpenedPicture(client.client, element, options, (state) => states.push(state), clock);
  return { picture, states, clock, last: () => states.at(-1) };
}

test('a component that is mounted twice attaches once, with its options', async () => {
  const client = new TestClient();
  const element = newElement();
  void sharpening(client, element).picture.end();
  const { last } = sharpening(client, element, { renderScale: 0.5 });
  await settle();
  expect(client.attached.map(({ options }) => options)).toEqual([{ renderScale: 0.5 }]);
  expect(last()).toMatchObject({ attachment: client.attached[0], shown: { is: false }, error: null });
  client.attached[0]?.show('It is sharper.');
  expect(last()?.shown).toEqual({ is: true, why: 'It is sharper.' });
});

test('what was attached after the end is detached, and nobody hears of it', async () => {
  const client = new TestClient();
  const { picture, states } = sharpening(client, newElement());
  await Promise.resolve();
  await Promise.resolve();
  await Promise.resolve();
  await picture.end();
  expect(client.covered).toEqual([]);
  expect(states).toEqual([]);
});

test('an element has one picture at a time: the next waits until the one before is gone', async () => {
  const client = new TestClient();
  const element = newElement();
  const first = sharpening(client, element);
  await settle();
  let detach = () => {};
  const [attachment] = client.attached;
  if (!attachment) throw new Error('nothing was attached');
  attachment.detach = () => new Promise((resolve) => (detach = resolve));
  const ending = first.picture.end();
  sharpening(client, element);
  await settle();
  expect(client.attached).toHaveLength(1);
  detach();
  await ending;
  await settle();
  expect(client.attached).toHaveLength(2);
});

test('why an element cannot be sharpened is told', async () => {
  const client = new TestClient();
  client.refusal = new MeshError('bad-input', 'Pass a canvas.');
  const { last } = sharpening(client, newElement());
  await settle();
  expect(last()).toEqual({ attachment: null, shown: { is: false, why: 'Pass a canvas.' }, error: client.refusal });
});

test('a video that loads more slowly than the room is joined is attached once it has a picture', async () => {
  const client = new TestClient();
  const { video, element } = newVideo();
  const { last } = sharpening(client, element);
  await settle();
  expect(client.attempts).toBe(0);
  expect(last()).toMatchObject({ shown: { is: false, why: 'The video has no picture yet.' }, error: null });
  video.readyState = video.HAVE_CURRENT_DATA;
  video.dispatchEvent(new Event('loadeddata'));
  await settle();
  expect(client.covered).toEqual([element]);
});

test('a video that never loads is waited for until the end', async () => {
  const client = new TestClient();
  const { element } = newVideo();
  const { picture } = sharpening(client, element);
  await settle();
  await picture.end();
  expect(client.attempts).toBe(0);
});

test('an element that was refused is tried again, ever more rarely, and the same reason is told once', async () => {
  const client = new TestClient();
  client.refusal = new MeshError('bad-input', 'This element cannot be captured.');
  const { clock, states, last } = sharpening(client, newElement());
  for (const [failed, waitMs] of [1_000, 2_000, 4_000].entries()) {
    await settle();
    clock.advance(waitMs - 1);
    await settle();
    expect(client.attempts).toBe(failed + 1);
    clock.advance(1);
  }
  await settle();
  expect(states.map(({ error }) => error)).toEqual([client.refusal]);
  client.refusal = null;
  clock.advance(8_000);
  await settle();
  expect(last()).toMatchObject({ attachment: client.attached[0], error: null });
});

test('an element is not tried again after the end, nor for a reason that does not pass', async () => {
  const client = new TestClient();
  client.refusal = new MeshError('bad-input', 'This element cannot be captured.');
  const ended = sharpening(client, newElement());
  await settle();
  await ended.picture.end();
  client.refusal = new MeshError('closed', 'The client is closed.');
  const { clock } = sharpening(client, newElement());
  await settle();
  expect([ended.clock.pending, clock.pending]).toEqual([0, 0]);
});

test('a picture that cannot be detached says so to whoever ends it, and the next one is attached all the same', async () => {
  const client = new TestClient();
  const element = newElement();
  const { picture } = sharpening(client, element);
  await settle();
  const [attachment] = client.attached;
  if (attachment) attachment.detach = () => Promise.reject(new Error('The worker is gone.'));
  const ended = expect(picture.end()).rejects.toBeInstanceOf(MeshError);
  sharpening(client, element);
  await ended;
  await settle();
  expect(client.attached).toHaveLength(2);
});
