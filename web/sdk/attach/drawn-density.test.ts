import { expect, test } from 'vitest';
import { densityOf } from './drawn-density.ts';

/** As three.js: a property behind methods. */
class Three {
  ratio = 2;
  getPixelRatio = () => this.ratio;
  setPixelRatio = (ratio: number) => {
    this.ratio = ratio;
  };
}

/** As Babylon.js: the inverse. */
class Babylon {
  level = 0.5;
  getHardwareScalingLevel = () => this.level;
  setHardwareScalingLevel = (level: number) => {
    this.level = level;
  };
}

/** As PixiJS 8, whose resolution by itself changes the size of the screen. */
class Pixi {
  screen = { width: 100, height: 50 };
  pixels = { width: 200, height: 100 };
  get resolution() {
    return this.pixels.width / this.screen.width;
  }
  set resolution(resolution: number) {
    this.screen = { width: this.pixels.width / resolution, height: this.pixels.height / resolution };
  }
  resize(width: number, height: number, resolution: number) {
    this.screen = { width, height };
    this.pixels = { width: width * resolution, height: height * resolution };
  }
}

const pixi = new Pixi();

test.each([
  ['three.js', new Three()],
  ['Babylon.js', new Babylon()],
  ['PixiJS', pixi],
  ['an application of PixiJS', { renderer: new Pixi() }],
  ['Unity', { Module: { devicePixelRatio: 2 } }],
])('%s is told how much to draw, and gets back what it had', (_, engine) => {
  const before = JSON.stringify(engine);
  const density = densityOf(engine);
  if (!density) throw new Error('not known');
  expect(density.read()).toBe(2);
  density.write(1);
  expect(density.read()).toBe(1);
  expect(density.full()).toBe(2);
  density.restore();
  expect(JSON.stringify(engine)).toBe(before);
});

test('the size of the screen stays as it is when PixiJS draws fewer pixels', () => {
  densityOf(pixi)?.write(0.5);
  expect([pixi.screen.width, pixi.pixels.width]).toEqual([100, 50]);
});

test('what the page tells its engine meanwhile is kept', () => {
  const engine = new Three();
  const density = densityOf(engine);
  density?.write(1);
  engine.setPixelRatio(1.5);
  expect(density?.full()).toBe(1.5);
  density?.write(0.75);
  density?.restore();
  expect(engine.ratio).toBe(1.5);
});

test('Unity without a ratio of its own has none afterwards', () => {
  const engine = { Module: {} };
  const density = densityOf(engine);
  density?.write(1);
  density?.restore();
  expect(engine.Module).toEqual({});
});

test('an engine that nobody knows is not guessed', () => {
  expect(densityOf({ render() {} })).toBeNull();
  expect(densityOf(undefined)).toBeNull();
});
