import type { PictureSize } from '../../../shared/tasks/upscale-size.ts';

/** How many pixels an engine draws for each CSS pixel of its canvas; each engine has its own name for it. */
export interface DrawnDensity {
  /** What the engine draws now. */
  read(): number;
  /** What the page wants without us. */
  full(): number;
  write(density: number): void;
  /** As if it had never been written. */
  restore(): void;
}

/** Structural types: the engines are the page's own. */
interface Three {
  getPixelRatio(): number;
  setPixelRatio(ratio: number): void;
}
interface Babylon {
  getHardwareScalingLevel(): number;
  setHardwareScalingLevel(level: number): void;
}
interface Pixi {
  resolution: number;
  screen: PictureSize;
  resize(width: number, height: number, resolution: number): void;
}
interface Unity {
  Module: { devicePixelRatio?: number };
}

/**
 * The density of an engine that this knows.
 *
 * @param renderer - a renderer of three.js, an engine of Babylon.js, a renderer or application of PixiJS, an instance of Unity, or the
 *   window, for engines that read its devicePixelRatio in each frame, as Godot does. Null if it is none of these.
 */
export function densityOf(renderer: unknown): DrawnDensity | null {
  if (renderer === globalThis) return densityOfWindow();
  if (has<Three>(renderer, 'setPixelRatio', 'getPixelRatio')) {
    return remembered(
      () => renderer.getPixelRatio(),
      (ratio) => renderer.setPixelRatio(ratio),
    );
  }
  if (has<Babylon>(renderer, 'setHardwareScalingLevel', 'getHardwareScalingLevel')) {
    return remembered(
      () => 1 / renderer.getHardwareScalingLevel(),
      (density) => renderer.setHardwareScalingLevel(1 / density),
    );
  }
  if (has<Unity>(renderer, 'Module')) return densityOfUnity(renderer);
  const pixi = has<{ renderer: unknown }>(renderer, 'renderer') ? renderer.renderer : renderer;
  return has<Pixi>(pixi, 'resolution', 'resize', 'screen') ? densityOfPixi(pixi) : null;
}

/** The density of a canvas whose page offers a function that resizes it. To be read and written while the canvas is laid out. */
export function densityByCall(element: HTMLCanvasElement, resize: (size: PictureSize) => void): DrawnDensity {
  const read = () => element.width / element.clientWidth;
  /** Before the first write. A canvas may be stretched, and keeps its proportions. */
  let before: { across: number; down: number } | null = null;
  let written = 1;
  const full = () => before?.across ?? read();
  const write = (density: number) => {
    const { clientWidth, clientHeight } = element;
    before ??= { across: read(), down: element.height / clientHeight };
    written = density;
    const height = Math.round((clientHeight * before.down * density) / before.across);
    resize({ width: Math.round(clientWidth * density), height });
  };
  const restore = () => {
    if (element.clientWidth > 0 && element.clientHeight > 0) return write(full());
    const growth = (before?.across ?? written) / written;
    resize({ width: Math.round(element.width * growth), height: Math.round(element.height * growth) });
  };
  return { read, full, write, restore };
}

function has<Engine>(value: unknown, ...names: (keyof Engine)[]): value is Engine {
  return typeof value === 'object' && value !== null && names.every((name) => name in value);
}

/** Engines round what they are told. */
function isSame(a: number, b: number): boolean {
  return Math.abs(a - b) < 1e-3;
}

/** Remembers what was there before the first write. What the page writes in between is what it wants. */
function remembered(read: () => number, write: (density: number) => void): DrawnDensity {
  let before: number | null = null;
  let written = 0;
  const full = () => (before !== null && isSame(read(), written) ? before : read());
  return {
    read,
    full,
    write(density) {
      before = full();
      write(density);
      written = read();
    },
    restore() {
      const density = full();
      before = null;
      if (!isSame(read(), density)) write(density);
    },
  };
}

/** Version 8 takes the resolution with the size, version 7 by itself. */
function densityOfPixi(pixi: Pixi): DrawnDensity {
  return remembered(
    () => pixi.resolution,
    (resolution) => {
      const { width, height } = pixi.screen;
      pixi.resolution = resolution;
      pixi.resize(width, height, resolution);
    },
  );
}

/** Its player looks in each frame. */
function densityOfUnity({ Module: module }: Unity): DrawnDensity {
  const before = module.devicePixelRatio;
  return {
    read: () => module.devicePixelRatio ?? devicePixelRatio,
    full: () => before ?? devicePixelRatio,
    write(density) {
      module.devicePixelRatio = density;
    },
    restore() {
      if (before === undefined) delete module.devicePixelRatio;
      else module.devicePixelRatio = before;
    },
  };
}

/** The window's own property while another value stands in its place; null while none does. */
let replaced: PropertyDescriptor | null = null;

/** Device pixels of the screen for each CSS pixel, whatever engines are told. */
export function screenDensity(): number {
  return replaced ? Number(replaced.get?.call(window) ?? replaced.value) : devicePixelRatio;
}

function densityOfWindow(): DrawnDensity {
  const announce = () => window.dispatchEvent(new Event('resize'));
  return {
    read: () => devicePixelRatio,
    full: screenDensity,
    write(density) {
      replaced ??= Object.getOwnPropertyDescriptor(window, 'devicePixelRatio') ?? null;
      Object.defineProperty(window, 'devicePixelRatio', { value: density, configurable: true, writable: true });
      announce();
    },
    restore() {
      if (replaced) Object.defineProperty(window, 'devicePixelRatio', replaced);
      replaced = null;
      announce();
    },
  };
}
