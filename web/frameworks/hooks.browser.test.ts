import { type FunctionComponent, createElement as h, render } from 'preact';
import * as preactHooks from 'preact/hooks';
import * as React from 'react';
import { flushSync } from 'react-dom';
import { createRoot } from 'react-dom/client';
import { afterEach, expect, test } from 'vitest';
import { createHooks, type MeshHooks, type MeshOptions, type MeshStateWithRetry } from './hooks.ts';
import { TestClient } from './test-mesh.ts';

interface Shared {
  hooks: MeshHooks;
  clients: TestClient[];
  /** What the components were given at their last rendering. */
  seen: { state: string; why: string };
  /** What `useMesh` returned, rendering by rendering. */
  meshes: { room: string | undefined; mesh: MeshStateWithRetry }[];
  /** What the next joins throw. */
  refusals: Error[];
}

interface GameProps {
  options: MeshOptions | null;
  hasCanvas: boolean;
  quality: 'fast' | 'quality';
}

/** A framework of hooks: draws the game of a test, another time with other properties, and removes it. */
interface Stage extends Shared {
  draw(props: GameProps): void;
  remove(): void;
}

let root: HTMLElement;
function makeRoot(): HTMLElement {
  root = document.createElement('div');
  document.body.append(root);
  return root;
}
afterEach(() => root.remove());

function sharedWith(hooks: (connect: (options: MeshOptions) => Promise<never>) => MeshHooks): Shared {
  const clients: TestClient[] = [];
  const refusals: Error[] = [];
  const connect = async (): Promise<never> => {
    const refusal = refusals.shift();
    if (refusal) throw refusal;
    const client = new TestClient();
    clients.push(client);
    return client.client as never;
  };
  return { hooks: hooks(connect), clients, seen: { state: '', why: '' }, meshes: [], refusals };
}

/** The hooks as a component uses them; the elements are made by the framework. */
function useGame(
  { hooks, seen, meshes }: Shared,
  ref: { current: HTMLCanvasElement | null },
  { options, quality }: GameProps,
) {
  const mesh = hooks.useMesh(options);
  const { client, state } = mesh;
  meshes.push({ room: options?.room, mesh });
  const { shown } = hooks.useSharpened(ref, { client, quality, renderScale: 0.5, resize: () => {} });
  Object.assign(seen, { state, why: shown.why });
}

/** React, in the mode that mounts each component twice. */
function reactStage(): Stage {
  const shared = sharedWith((connect) => createHooks(React, connect));
  const Game = (props: GameProps) => {
    const ref = React.useRef<HTMLCanvasElement>(null);
    useGame(shared, ref, props);
    return React.createElement('div', null, props.hasCanvas && React.createElement('canvas', { ref }));
  };
  const page = createRoot(makeRoot());
  return {
    ...shared,
    draw: (props) =>
      flushSync(() => page.render(React.createElement(React.StrictMode, null, React.createElement(Game, props)))),
    remove: () => page.unmount(),
  };
}

function preactStage(): Stage {
  const shared = sharedWith((connect) => createHooks(preactHooks, connect));
  const Game: FunctionComponent<GameProps> = (props) => {
    const ref = preactHooks.useRef<HTMLCanvasElement>(null);
    useGame(shared, ref, props);
    return h('div', null, props.hasCanvas && h('canvas', { ref }));
  };
  const parent = makeRoot();
  return { ...shared, draw: (props) => render(h(Game, props), parent), remove: () => render(null, parent) };
}

const PLAYING: GameProps = { options: { room: 'demo' }, hasCanvas: true, quality: 'fast' };

test.each([
  ['React, whose StrictMode mounts twice,', reactStage],
  ['Preact', preactStage],
])('with %s a component joins once, sharpens its canvas, and leaves nothing behind', async (_name, stage) => {
  const { draw, remove, clients, seen } = stage();
  draw(PLAYING);
  await expect.poll(() => clients[0]?.covered).toEqual([root.querySelector('canvas')]);
  await expect.poll(() => seen).toEqual({ state: 'online', why: 'The sharpened picture is on its way.' });
  expect(clients).toHaveLength(1);
  expect(clients[0]?.attached[0]?.options).toMatchObject({ quality: 'fast', renderScale: 0.5 });

  // The same options, written anew, and another function change nothing.
  draw({ ...PLAYING, options: { room: 'demo' } });
  draw({ ...PLAYING, quality: 'quality' });
  await expect.poll(() => clients[0]?.covered).toEqual([root.querySelector('canvas')]);
  await expect.poll(() => clients[0]?.attached.map(({ detached }) => detached)).toEqual([1, 0]);

  draw({ ...PLAYING, quality: 'quality', hasCanvas: false });
  await expect.poll(() => clients[0]?.covered).toEqual([]);
  draw({ ...PLAYING, quality: 'quality' });
  await expect.poll(() => clients[0]?.covered).toEqual([root.querySelector('canvas')]);

  draw({ ...PLAYING, options: { room: 'other' } });
  await expect.poll(() => clients.map(({ closed }) => closed)).toEqual([1, 0]);
  await expect.poll(() => clients[1]?.covered).toHaveLength(1);

  remove();
  await expect.poll(() => clients.map(({ closed }) => closed)).toEqual([1, 1]);
  expect(clients.flatMap(({ covered }) => covered)).toEqual([]);
});

test.each([
  ['React', reactStage],
  ['Preact', preactStage],
])('with %s nothing is joined before there are options', async (_name, stage) => {
  const { draw, remove, clients, seen } = stage();
  draw({ ...PLAYING, options: null });
  await expect.poll(() => seen.state).toBe('closed');
  expect(clients).toEqual([]);
  draw(PLAYING);
  await expect.poll(() => seen.state).toBe('online');
  remove();
  await expect.poll(() => clients[0]?.closed).toBe(1);
});

test.each([
  ['React', reactStage],
  ['Preact', preactStage],
])('with %s no rendering says closed while it joins, or has the client of other options', async (_name, stage) => {
  const { draw, remove, clients, meshes } = stage();
  for (const room of ['one', 'other', 'one']) {
    const joined = clients.length;
    draw({ ...PLAYING, options: { room } });
    await expect
      .poll(() => clients.length > joined && meshes.at(-1)?.mesh.client === clients.at(-1)?.client)
      .toBe(true);
  }
  draw({ ...PLAYING, options: null });
  await expect.poll(() => clients.at(-1)?.closed).toBe(1);
  draw({ ...PLAYING, options: { room: 'one' } });
  const inRooms = meshes.filter(({ room }) => room !== undefined);
  expect(new Set(inRooms.map(({ mesh }) => mesh.state))).toEqual(new Set(['connecting', 'online']));
  const inOther = new Set(meshes.flatMap(({ room, mesh }) => (room === 'other' && mesh.client ? [mesh.client] : [])));
  expect([...inOther]).toEqual([clients[1]?.client]);
  expect(meshes.at(-1)?.mesh.client).toBeNull();
  remove();
});

test.each([
  ['React', reactStage],
  ['Preact', preactStage],
])(
  'with %s a join that failed can be tried again, and a rendering without news returns the same',
  async (_name, stage) => {
    const { draw, remove, clients, meshes, refusals } = stage();
    refusals.push(new Error('no network'));
    draw(PLAYING);
    await expect.poll(() => meshes.at(-1)?.mesh.error?.message).toContain('no network');
    const failed = meshes.at(-1)?.mesh;
    draw(PLAYING);
    expect(meshes.at(-1)?.mesh).toBe(failed);
    failed?.retry();
    await expect.poll(() => meshes.at(-1)?.mesh).toMatchObject({ state: 'online', error: null });
    expect(clients).toHaveLength(1);
    remove();
  },
);
