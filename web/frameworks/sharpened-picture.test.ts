import { expect, test } from 'vitest';
import { MeshError } from '../sdk/p2c2r.ts';
import { type Picture, SharpenedPicture, type SharpenedState } from './sharpened-picture.ts';
import { settle, TestClient } from './test-mesh.ts';

/** An element only names a picture here. */
const newElement = () => ({}) as Picture;

function sharpening(client: TestClient, element: Picture, options = {}) {
  const states: SharpenedState[] = [];
  const picture = new SharpenedPicture(client.client, element, options, (state) => states.push(state));
  return { picture, states, last: () => states.at(-1) };
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
