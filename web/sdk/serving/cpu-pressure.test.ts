// Protects: an idle processor denies that a machine is hot only while the browser says so, and of what computes.
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { CpuPressureWatch } from './cpu-pressure.ts';
import type { CpuPressure } from './heat-guard.ts';

const observers = new Set<FakeObserver>();

class FakeObserver {
  readonly tell: (state: CpuPressure) => void;

  constructor(changed: (records: { state: CpuPressure }[]) => void) {
    this.tell = (state) => changed([{ state }]);
  }

  observe(): Promise<void> {
    observers.add(this);
    return Promise.resolve();
  }

  disconnect(): void {
    observers.delete(this);
  }
}

function browserSays(state: CpuPressure): void {
  for (const observer of observers) observer.tell(state);
}

let watch: CpuPressureWatch;

beforeEach(() => {
  vi.stubGlobal('PressureObserver', FakeObserver);
  watch = new CpuPressureWatch();
  watch.isWanted = true;
});

afterEach(() => {
  watch.isWanted = false;
  expect(observers.size, 'nothing is watched without need').toBe(0);
  vi.unstubAllGlobals();
});

test('the processor’s pressure says nothing of streams that the GPU computes', () => {
  browserSays('nominal');
  expect(watch.pressureOn(['wasm'])).toBe('nominal');
  expect(watch.pressureOn(['wgsl'])).toBeNull();
  expect(watch.pressureOn(['wasm', 'ort-webgpu'])).toBeNull();
});

test('what was told before the page was hidden does not count there, nor afterwards until it is told anew', () => {
  browserSays('nominal');
  watch.isPageShown = false;
  expect([watch.pressureOn(['wasm']), observers.size]).toEqual([null, 0]);
  watch.isPageShown = true;
  expect(watch.pressureOn(['wasm'])).toBeNull();
  browserSays('serious');
  expect(watch.pressureOn(['wasm'])).toBe('serious');
});

test('a browser that tells nothing leaves it open', () => {
  vi.stubGlobal('PressureObserver', undefined);
  const silent = new CpuPressureWatch();
  silent.isWanted = true;
  expect(silent.pressureOn(['wasm'])).toBeNull();
});
