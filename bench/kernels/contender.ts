/** Something that doubles one picture that lies on the GPU. */
export interface Contender {
  name: string;
  parameters: number;
  /** Of one frame, as far as they are known. */
  work?: Work;
  /** Submits one frame; resolves when it is submitted, not when it is done. */
  run(): void | Promise<void>;
  dispose?(): void;
}

/** Of one frame. Bytes are those that must go to or from memory if caches keep all else. */
export interface Work {
  flops: number;
  bytes: number;
  /** The time that no schedule of its passes can go below: of each, what takes longer of its arithmetic and its bytes. */
  floorMs(peaks: Peaks): number;
}

/** What a device reaches at best. */
export interface Peaks {
  flopsPerMs: number;
  bytesPerMs: number;
}

export interface Timing {
  name: string;
  parameters: number;
  /** Median of the rounds. */
  ms: number;
}

/** A batch should be longer than what starting and draining it costs; a slow device takes one frame for it. */
const BATCH_MS = 60;
const MAX_BATCH = 64;
/** One that took so long has been seen for long enough: onnxruntime takes a minute a frame where a processor plays the GPU. */
const LONG_ENOUGH_MS = 5_000;

/** Frame times of each, in turn, A B C A B C, so that a busy moment of the machine falls on all. The first run warms up. */
export async function timed(device: GPUDevice, contenders: readonly Contender[], rounds: number): Promise<Timing[]> {
  const lanes = [];
  for (const contender of contenders) {
    await batchMs(device, contender, 1);
    const onceMs = await batchMs(device, contender, 1);
    const frames = Math.min(MAX_BATCH, Math.ceil(BATCH_MS / onceMs));
    lanes.push({ contender, frames, times: frames === 1 ? [onceMs] : [] });
  }
  for (let round = 0; round < rounds; round++) {
    for (const { contender, frames, times } of lanes) {
      const isSlow = times.reduce((sum, ms) => sum + ms * frames, 0) > LONG_ENOUGH_MS;
      if (!isSlow) times.push((await batchMs(device, contender, frames)) / frames);
    }
  }
  return lanes.map(({ contender: { name, parameters }, times }) => ({ name, parameters, ms: median(times) }));
}

async function batchMs(device: GPUDevice, contender: Contender, frames: number): Promise<number> {
  const startMs = performance.now();
  for (let frame = 0; frame < frames; frame++) await contender.run();
  await device.queue.onSubmittedWorkDone();
  return Math.max(performance.now() - startMs, 0.01);
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
}
