import { expect, test } from 'vitest';
import { MeshError } from '../sdk/p2c2r.ts';
import { MeshConnection, type MeshState } from './mesh-connection.ts';
import { settle, TestClient } from './test-mesh.ts';

function connecting(connect: () => Promise<TestClient>) {
  const states: MeshState[] = [];
  const connection = new MeshConnection(
    async () => (await connect()).client,
    (state) => states.push(state),
  );
  return { connection, states, last: () => states.at(-1) };
}

test('a component that is mounted twice connects once', async () => {
  let connects = 0;
  const client = new TestClient();
  const connect = async () => {
    connects++;
    return client;
  };
  const first = connecting(connect);
  void first.connection.end();
  const second = connecting(connect);
  await settle();
  expect(connects).toBe(1);
  expect(second.last()).toMatchObject({ client, state: 'online', error: null });
  await second.connection.end();
  expect(client.closed).toBe(1);
});

test('a client that joined after the end is closed, and nobody hears of it', async () => {
  let join = (_client: TestClient) => {};
  const { connection, states } = connecting(() => new Promise((resolve) => (join = resolve)));
  await settle();
  const ended = connection.end();
  const client = new TestClient();
  join(client);
  await ended;
  expect(client.closed).toBe(1);
  expect(states.map(({ state }) => state)).toEqual(['connecting']);
});

test('state, volunteers and errors are told as they change, until the end', async () => {
  const client = new TestClient();
  const { connection, states, last } = connecting(async () => client);
  await settle();
  client.volunteers = [{ id: 'a' }];
  client.dispatchEvent(new Event('volunteers'));
  expect(last()?.volunteers).toEqual([{ id: 'a' }]);
  client.state = 'reconnecting';
  client.dispatchEvent(new Event('state'));
  expect(last()?.state).toBe('reconnecting');
  const error = new MeshError('connection-failed', 'A volunteer could not be linked.');
  client.dispatchEvent(new CustomEvent('error', { detail: error }));
  expect(last()).toMatchObject({ error, state: 'reconnecting' });
  const told = states.length;
  await connection.end();
  expect(states).toHaveLength(told);
});

test('why it could not join is told as a MeshError', async () => {
  const refusal = new MeshError('not-invited', 'Ask for a new link.');
  const { last } = connecting(() => Promise.reject(refusal));
  await settle();
  expect(last()).toEqual({ client: null, state: 'closed', volunteers: [], error: refusal });
  const other = connecting(() => Promise.reject(new TypeError('no network')));
  await settle();
  expect(other.last()?.error).toMatchObject({ reason: 'connection-failed' });
});

test('a client whose session has ended stays, and says so by its state', async () => {
  const client = new TestClient();
  const { last } = connecting(async () => client);
  await settle();
  client.state = 'closed';
  client.dispatchEvent(new Event('state'));
  expect(last()).toMatchObject({ client, state: 'closed' });
});

test('a client that cannot be closed says so to whoever ends the connection', async () => {
  const client = new TestClient();
  const { connection, states } = connecting(async () => client);
  await settle();
  client.close = () => Promise.reject(new Error('The worker is gone.'));
  const told = states.length;
  await expect(connection.end()).rejects.toMatchObject({ reason: 'connection-failed', message: 'The worker is gone.' });
  expect(states).toHaveLength(told);
});
