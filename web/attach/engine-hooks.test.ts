import { expect, test } from 'vitest';
import { EngineHooks } from './engine-hooks.ts';

/** Stands for an element: only its identity counts. */
const canvas = {} as HTMLElement;

test('renderers of three.js and PixiJS that are made later are found by their canvas', () => {
  const scope: Record<string, unknown> = {};
  const hooks = new EngineHooks(scope);
  hooks.install();
  const three = { domElement: canvas };
  (scope.__THREE_DEVTOOLS__ as EventTarget).dispatchEvent(new CustomEvent('observe', { detail: three }));
  expect(hooks.rendererOf(canvas)).toBe(three);
  const other = {} as HTMLElement;
  const pixi = { canvas: other };
  (scope.__PIXI_RENDERER_INIT__ as (renderer: unknown) => void)(pixi);
  expect(hooks.rendererOf(other)).toBe(pixi);
  expect(hooks.rendererOf({} as HTMLElement)).toBeNull();
});

test('engines of Babylon.js are found where its script made globals', () => {
  const engine = { getRenderingCanvas: () => canvas };
  expect(new EngineHooks({ BABYLON: { EngineStore: { Instances: [engine] } } }).rendererOf(canvas)).toBe(engine);
});

test('the tools of developers that were there are told as before, and nothing is left behind', () => {
  const told: unknown[] = [];
  const tools = new EventTarget();
  tools.addEventListener('observe', () => told.push('three'));
  const before = { __THREE_DEVTOOLS__: tools, __PIXI_RENDERER_INIT__: () => told.push('pixi') };
  const scope = { ...before };
  const hooks = new EngineHooks(scope);
  hooks.install();
  scope.__THREE_DEVTOOLS__.dispatchEvent(new CustomEvent('observe', { detail: {} }));
  scope.__PIXI_RENDERER_INIT__();
  expect(told).toEqual(['three', 'pixi']);
  hooks.remove();
  expect(scope).toEqual(before);
  const empty = {};
  const others = new EngineHooks(empty);
  others.install();
  others.remove();
  expect(empty).toEqual({});
});
