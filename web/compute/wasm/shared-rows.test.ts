import { readFile } from 'node:fs/promises';
import { afterEach, expect, test, vi } from 'vitest';
import { EXCLUSIVE_SLOT } from '../filter-benchmark.ts';
import { nextMacrotask } from '../schedule.ts';
import { largestVisibleDifference, paintedPicture } from '../test-pictures.ts';
import { KernelInstance, rowsPerCall } from './kernel-instance.ts';
import type { FromThread, ThreadWork, ToThread } from './kernels.worker.ts';
import kernelsUrl from './kernels-threads.wasm?url';
import { CLAIMS_ADDRESS, RowClaims } from './row-claims.ts';
import { WasmBackend } from './wasm-backend.ts';

const SHAPE = { width: 40, height: 60, outWidth: 80, outHeight: 120, quality: 'spatial' } as const;

let module: WebAssembly.Module;
let helper: LateHelper | null = null;

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
});

/**
 * Plays a helper at the most unlucky moment: it has taken rows from a part, and has put them into its own only when the engine's thread has
 * looked at all parts and found no rows.
 */
class LateHelper {
  onmessage: (event: { data: FromThread }) => void = () => {};
  readonly received: string[] = [];
  #memory = new WebAssembly.Memory({ initial: 0 });
  #store = () => {};

  constructor() {
    helper = this;
  }

  addEventListener(): void {}
  terminate(): void {}

  postMessage(message: ToThread): void {
    this.received.push(message.kind);
    if (message.kind === 'open') this.#memory = message.memory;
    if (message.kind === 'start') queueMicrotask(() => this.onmessage({ data: { kind: 'started' } }));
    if (message.kind === 'work') void this.#work(message.work);
  }

  /** The engine's thread found no rows. */
  ownThreadIsDone(): void {
    this.#store();
  }

  async #work({ job, thread }: ThreadWork): Promise<void> {
    const memory = this.#memory;
    const parts = new Int32Array(memory.buffer, CLAIMS_ADDRESS, job.scratch.length);
    const inHand = Atomics.exchange(parts, thread, 0);
    await new Promise<void>((resolve) => {
      this.#store = () => {
        Atomics.store(parts, thread, inHand);
        resolve();
      };
    });
    await nextMacrotask();
    const rows = new KernelInstance(module, memory).open(job, thread);
    const mine = new RowClaims(parts, rowsPerCall(job));
    for (let next = mine.take(thread); next; next = mine.take(thread)) rows(next.from, next.to);
    this.onmessage({ data: { kind: 'done' } });
  }
}

test('rows that a helper has in hand when the own thread finds none are computed before the picture counts as done', async () => {
  // Vite's addresses count from the folder of the repository.
  module = await WebAssembly.compile(await readFile(new URL(`../../..${kernelsUrl}`, import.meta.url)));
  vi.stubGlobal('Worker', LateHelper);
  vi.stubGlobal('self', { location: { origin: 'null' } });
  const { take } = RowClaims.prototype;
  vi.spyOn(RowClaims.prototype, 'take').mockImplementation(function (this: RowClaims, thread) {
    const rows = take.call(this, thread);
    if (!rows && thread === 0) helper?.ownThreadIsDone();
    return rows;
  });
  const kernels = { module, isShared: true };
  const open = (threads: number) => new WasmBackend({ kernels, threads, models: undefined, now: () => 0 });
  const [alone, together] = [open(1), open(2)];
  const run = async (backend: WasmBackend, seed: number) => {
    const { data } = paintedPicture(SHAPE.width, SHAPE.height);
    const pixels = Uint8Array.from(data, (value) => (value + seed) % 256);
    return (await backend.startPixels(pixels, SHAPE, EXCLUSIVE_SLOT)).finish();
  };
  // What its memory holds of another picture must not show.
  await run(together, 90);
  expect(together.threads).toBe(2);
  expect(largestVisibleDifference(await run(together, 0), await run(alone, 0))).toBe(0);
  await run(together, 0);
  expect(helper?.received, 'it is given the memory once').toEqual(['start', 'open', 'work', 'work']);
  alone.dispose();
  together.dispose();
});
