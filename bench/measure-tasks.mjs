/**
 * Runs in a gamer's page.
 * @param {{ module: string, room: string }} options
 */
export async function measureTasks({ module, room }) {
  /** @type {typeof import('../web/sdk/p2c2r.ts')} */
  const { GamerClient } = await import(module);
  const client = await GamerClient.connect({ room, where: 'volunteers' });
  await client.whenReady();

  /** @param {number} sizeBytes */
  const echo = (sizeBytes) => client.submitTask('echo', { bytes: new Uint8Array(sizeBytes) }).result;
  /** @param {number} value @param {'local' | 'volunteers'} where */
  const upscale = (value, where) => {
    const image = { width: 64, height: 36, data: new Uint8ClampedArray(64 * 36 * 4).fill(value) };
    return client.submitTask('upscale', { image }, { where }).result;
  };
  /**
   * @param {number} count
   * @param {() => Promise<unknown>} run
   */
  const perSecond = async (count, run) => {
    const startMs = performance.now();
    await run();
    return (1_000 * count) / (performance.now() - startMs);
  };
  const all = (/** @type {number} */ count, /** @type {(index: number) => Promise<unknown>} */ run) =>
    Promise.all(Array.from({ length: count }, (_, index) => run(index)));

  /** @type {number[]} */
  const roundTrips = [];
  for (let turn = 0; turn < 300; turn++) {
    const startMs = performance.now();
    await echo(64);
    roundTrips.push(performance.now() - startMs);
  }
  roundTrips.sort((a, b) => a - b);
  const oneByOne = await perSecond(300, async () => {
    for (let turn = 0; turn < 300; turn++) await echo(1_000);
  });
  const pipelined = await perSecond(3_000, () => all(3_000, () => echo(1_000)));
  // The first one on each side measures the machine.
  await all(2, (index) => upscale(0, index ? 'local' : 'volunteers'));
  const upscaleHere = await perSecond(200, () => all(200, (index) => upscale(index, 'local')));
  const upscaleThere = await perSecond(200, () => all(200, (index) => upscale(index, 'volunteers')));
  const bigPerS = await perSecond(10, () => all(10, () => echo(5_000_000)));
  await client.close();
  return {
    roundTripMs: { p50: roundTrips[150] ?? 0, p95: roundTrips[285] ?? 0 },
    perS: { oneByOne, pipelined, upscaleHere, upscaleThere },
    megabytesPerS: bigPerS * 2 * 5,
  };
}
