import { openFrames } from '../../web/stream/gamer/test-frame-ledger.ts';

/**
 * Counts what a worker holds that is not freed by itself: VideoFrames that were not closed, GPU buffers and textures that were not
 * destroyed. It is imported into a running worker: what was created before is not counted.
 */
const gpu = { buffers: 0, textures: 0 };

export function held() {
  return { frames: openFrames(), ...gpu };
}

if (typeof GPUDevice === 'function') {
  count(GPUDevice.prototype, 'createBuffer', GPUBuffer.prototype, 'buffers');
  count(GPUDevice.prototype, 'createTexture', GPUTexture.prototype, 'textures');
}

function count<Method extends string>(
  factory: Record<Method, (descriptor: never) => object>,
  method: Method,
  prototype: { destroy(): undefined },
  what: keyof typeof gpu,
): void {
  const { destroy } = prototype;
  const create = factory[method];
  /** Counted and not destroyed. */
  const alive = new WeakSet<object>();
  // The browser frees what was not destroyed once nothing refers to it.
  const collected = new FinalizationRegistry(() => gpu[what]--);
  factory[method] = function (descriptor: never) {
    const result = create.call(this, descriptor);
    alive.add(result);
    collected.register(result, null, result);
    gpu[what]++;
    return result;
  };
  prototype.destroy = function () {
    if (alive.delete(this)) {
      collected.unregister(this);
      gpu[what]--;
    }
    return destroy.call(this);
  };
}
