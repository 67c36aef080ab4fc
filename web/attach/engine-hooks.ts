/** What engines call when they make a renderer, for the tools of developers. All of them are read only if they are there. */
interface Hooks {
  /** three.js since r97. */
  __THREE_DEVTOOLS__?: EventTarget;
  /** PixiJS since 7.3. */
  __PIXI_RENDERER_INIT__?: (renderer: unknown, ...others: unknown[]) => void;
  /** Babylon.js, where its script makes globals. */
  BABYLON?: { EngineStore?: { Instances?: readonly unknown[] } };
}

/** Finds the renderer that draws a canvas: those made after {@link EngineHooks.install}, and all of Babylon.js with globals. */
export class EngineHooks {
  readonly #renderers: WeakRef<object>[] = [];
  readonly #scope: Hooks;
  #remove: () => void = () => {};

  constructor(scope: object) {
    this.#scope = scope;
  }

  /** Listens to what engines tell. To be called before the page makes its renderer. */
  install(): void {
    const scope = this.#scope;
    const hadThree = scope.__THREE_DEVTOOLS__;
    const three = hadThree ?? new EventTarget();
    scope.__THREE_DEVTOOLS__ = three;
    const observe = (event: Event) => this.#add((event as CustomEvent<unknown>).detail);
    three.addEventListener('observe', observe);
    const pixi = scope.__PIXI_RENDERER_INIT__;
    const init: NonNullable<Hooks['__PIXI_RENDERER_INIT__']> = (renderer, ...others) => {
      this.#add(renderer);
      pixi?.(renderer, ...others);
    };
    scope.__PIXI_RENDERER_INIT__ = init;
    this.#remove = () => {
      three.removeEventListener('observe', observe);
      if (!hadThree) delete scope.__THREE_DEVTOOLS__;
      if (scope.__PIXI_RENDERER_INIT__ !== init) return;
      if (pixi) scope.__PIXI_RENDERER_INIT__ = pixi;
      else delete scope.__PIXI_RENDERER_INIT__;
    };
  }

  /** Null if no engine that told about itself draws this canvas. */
  rendererOf(canvas: HTMLElement): object | null {
    const told = this.#renderers.flatMap((renderer) => renderer.deref() ?? []);
    const babylon = this.#scope.BABYLON?.EngineStore?.Instances ?? [];
    return [...told, ...babylon.filter(isObject)].find((renderer) => canvasesOf(renderer).includes(canvas)) ?? null;
  }

  remove(): void {
    this.#remove();
    this.#remove = () => {};
  }

  #add(renderer: unknown): void {
    if (isObject(renderer)) this.#renderers.push(new WeakRef(renderer));
  }
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

/** three.js calls it `domElement`, PixiJS `canvas` (8) or `view` (7), Babylon.js has a method. */
function canvasesOf(renderer: object): unknown[] {
  const { domElement, canvas, view, getRenderingCanvas } = renderer as Record<string, unknown>;
  const ofBabylon = typeof getRenderingCanvas === 'function' ? getRenderingCanvas.call(renderer) : null;
  return [domElement, canvas, view, ofBabylon];
}
