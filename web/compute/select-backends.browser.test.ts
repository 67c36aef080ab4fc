// Protects: a machine without a real GPU spends its first seconds on serving, not on compiling for a GPU that it will not use.
import { expect, test } from 'vitest';
import { Engine } from './engine.ts';
import { MEASURING_BUDGET_MS } from './engine-types.ts';

interface Traced {
  gpu: GPU;
  /** What was called on its device, in order. */
  calls: string[];
}

/** A GPU whose device records what is asked of it, and compiles nothing for ever. */
function tracedGpu(info: Partial<GPUAdapterInfo>, onOpen = () => {}): Traced {
  const calls: string[] = [];
  const never = new Promise(() => {});
  const device = new Proxy(
    { lost: never, features: new Set(), limits: {}, adapterInfo: info },
    {
      get(target, name) {
        // A device is no promise.
        if (name in target || name === 'then') return Reflect.get(target, name);
        return () => {
          calls.push(String(name));
          return String(name).endsWith('Async') ? never : {};
        };
      },
    },
  );
  const requestDevice = async () => {
    onOpen();
    return device;
  };
  const adapter = { info, features: new Set(), requestDevice };
  return { gpu: { requestAdapter: async () => adapter } as unknown as GPU, calls };
}

test('a software GPU is not even tried beside kernels of the processor, and the adapter’s name says so', async () => {
  const { gpu, calls } = tracedGpu({ isFallbackAdapter: true, description: 'SwiftShader' });
  const engine = await Engine.create({ gpu, now: () => performance.now() });
  expect(engine.capabilities.adapter).toBe("SwiftShader (software) is slower than this computer's processor");
  expect(engine.capabilities.backends.upscale?.backend).toBe('wasm');
  expect(calls).toEqual(['destroy']);
  engine.dispose();
});

test('a GPU that is not measured in time is given up at once, with what it was still doing', async () => {
  let skippedMs = 0;
  const { gpu, calls } = tracedGpu({ description: 'A slow one' }, () => {
    skippedMs = MEASURING_BUDGET_MS;
  });
  // It is opened within the budget; everything later is late.
  const engine = await Engine.create({ gpu, now: () => performance.now() + skippedMs });
  expect(engine.capabilities.adapter).toContain('too slow to be measured');
  expect(calls).toContain('createShaderModule');
  expect(calls.at(-1)).toBe('destroy');
  engine.dispose();
});
