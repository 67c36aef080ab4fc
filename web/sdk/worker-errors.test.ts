import * as Comlink from 'comlink';
import { expect, test } from 'vitest';
import { MeshError } from '../../shared/errors.ts';
import './worker-errors.ts';

const api = {
  async refuse(): Promise<void> {
    throw new MeshError('unknown-model', 'There is no such network.');
  },
  refuseAtOnce(): void {
    throw MeshError.cancelled();
  },
  async break(): Promise<void> {
    throw new TypeError('a bug');
  },
};

test.each([
  ['refuse', 'unknown-model'],
  ['refuseAtOnce', 'cancelled'],
] as const)('a MeshError thrown by a worker (%s) arrives as one with its reason', async (method, reason) => {
  await withRemote(async (remote) => {
    const thrown = await remote[method]().catch((cause: unknown) => cause);
    expect(thrown).toBeInstanceOf(MeshError);
    expect(thrown).toMatchObject({ reason });
  });
});

test('any other error keeps its message', async () => {
  await withRemote(async (remote) => {
    await expect(remote.break()).rejects.toThrow('a bug');
  });
});

async function withRemote(use: (remote: Comlink.Remote<typeof api>) => Promise<void>): Promise<void> {
  const { port1, port2 } = new MessageChannel();
  Comlink.expose(api, port1);
  const remote = Comlink.wrap<typeof api>(port2);
  try {
    await use(remote);
  } finally {
    port1.close();
    port2.close();
  }
}
