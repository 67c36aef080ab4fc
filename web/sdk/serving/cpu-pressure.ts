import type { BackendName } from '../../compute/backend.ts';
import type { CpuPressure } from './heat-guard.ts';

interface PressureObserverClass {
  new (
    changed: (records: { state: CpuPressure }[]) => void,
  ): { observe(source: 'cpu', options: { sampleInterval: number }): Promise<void>; disconnect(): void };
}

/** How often the browser may tell of the processor's pressure, ms. */
const INTERVAL_MS = 1_000;

const OF_GPUS: ReadonlySet<string> = new Set<BackendName>(['wgsl', 'ort-webgpu']);

/**
 * Follows what the browser says of the processor's load and heat (Compute Pressure API), where it does: Chrome and Edge 125 on computers, over
 * https, while the person sees the page or it may be captured.
 */
export class CpuPressureWatch {
  #isWanted = false;
  #isPageShown = true;
  #newest: CpuPressure | null = null;
  /** Null: it does not watch. */
  #observer: InstanceType<PressureObserverClass> | null = null;

  set isWanted(isWanted: boolean) {
    this.#isWanted = isWanted;
    this.#update();
  }

  /** The browser tells nothing of a hidden page, nor that what it told before has changed. */
  set isPageShown(isPageShown: boolean) {
    this.#isPageShown = isPageShown;
    this.#update();
  }

  /**
   * The pressure on what computes; null where nobody tells, as of a GPU, which may be hot beside an idle processor.
   *
   * @param backends - those that compute
   */
  pressureOn(backends: readonly string[]): CpuPressure | null {
    return backends.some((backend) => OF_GPUS.has(backend)) ? null : this.#newest;
  }

  #update(): void {
    if (this.#isWanted && this.#isPageShown) this.#observer ??= this.#observe();
    else {
      this.#observer?.disconnect();
      this.#observer = null;
      this.#newest = null;
    }
  }

  #observe(): InstanceType<PressureObserverClass> | null {
    // It is missing from TypeScript's library, and from most browsers.
    const { PressureObserver } = globalThis as { PressureObserver?: PressureObserverClass };
    if (!PressureObserver) return null;
    const observer = new PressureObserver((records) => {
      const newest = records.at(-1);
      if (newest && this.#observer === observer) this.#newest = newest.state;
    });
    // Rejects where a frame may not; then nobody is told anything.
    observer.observe('cpu', { sampleInterval: INTERVAL_MS }).catch(() => {});
    return observer;
  }
}
