import type { Page } from 'playwright/test';
import type * as Sdk from '../web/sdk/p2c2r.ts';
import { expect, test, waitForVolunteers } from './fixtures.ts';

declare global {
  interface Window {
    stream: Sdk.FrameStream;
    /** In a volunteer's worker: the devices it computed with. */
    devices: Set<GPUDevice>;
  }
}

/** A software GPU is slower than a frame's deadline: what it makes is only seen where its pictures are shown, however late. */
const WAYS = [
  { backend: 'wgsl', transport: 'picture', tolerance: 24 },
  // This machine's own pixels: the middle of a field has no detail but a codec's noise.
  { backend: 'wasm', transport: 'detail', tolerance: 6 },
] as const;

for (const { backend, transport, tolerance } of WAYS) {
  const also = backend === 'wgsl' ? ', also when the GPU device is lost' : '';
  test(`a canvas streamed to a volunteer is shown larger, in its colours, its time accounted for: ${transport} by ${backend}${also}`, {
    tag: backend === 'wgsl' ? ['@gpu', '@long'] : [],
  }, async ({ volunteerPage, gamerPage }) => {
    const volunteer = await volunteerPage('stream', { backend });
    const gamer = await gamerPage('stream', { where: 'volunteers' });
    await waitForVolunteers(gamer, 1);
    await gamer.evaluate(async (transport) => {
      const canvas = Object.assign(document.createElement('canvas'), { width: 64, height: 36 });
      const context = canvas.getContext('2d');
      let frame = 0;
      const draw = () => {
        if (!context) return;
        // Three fixed fields, so that any frame can be checked, and a corner that moves.
        for (const [index, colour] of ['#c02020', '#20a040', '#3050d0'].entries()) {
          context.fillStyle = colour;
          context.fillRect(index * 22, 0, 22, 36);
        }
        context.fillStyle = frame++ % 2 ? '#000' : '#fff';
        context.fillRect(0, 0, 6, 6);
        requestAnimationFrame(draw);
      };
      draw();
      // Slow enough that even on a busy machine detail comes in time for its frame.
      window.stream = await window.client.openStream(canvas, { scale: 2, maxFps: 10, transport });
    }, transport);
    const helped = await gamer.waitForFunction(() => {
      const stats = window.stream.stats();
      // A busy machine's detail is late for most frames.
      const hasHelp = stats.framesWithDetail > 0 || stats.shares.some(({ share }) => share > 0.5);
      const isHelped = stats.running === 'volunteers' && hasHelp;
      return isHelped && stats.fps > 0 && stats;
    });

    const seen = await gamer.evaluate(() => {
      const { canvas } = window.stream;
      const copy = new OffscreenCanvas(canvas.width, canvas.height).getContext('2d');
      if (!copy) throw new Error('no canvas');
      copy.drawImage(canvas, 0, 0);
      const colours = [22, 66, 110].map((x) => [...copy.getImageData(x, 40, 1, 1).data].slice(0, 3));
      return { size: [canvas.width, canvas.height], colours };
    });
    expect(seen.size).toEqual([128, 72]);
    const expected = [
      [192, 32, 32],
      [32, 160, 64],
      [48, 80, 208],
    ];
    for (const [index, colour] of seen.colours.entries()) {
      for (const [channel, value] of colour.entries()) {
        expect(Math.abs(value - (expected[index]?.[channel] ?? 0))).toBeLessThan(tolerance);
      }
    }
    const stats = await helped.jsonValue();
    if (!stats) throw new Error('waited for in vain');
    const { stagesMs, glassToGlassMs, codec } = stats;
    expect(stagesMs.reduce((sum, { p50 }) => sum + p50, 0)).toBeCloseTo(glassToGlassMs.p50);
    expect(codec).toMatch(/^(vp8|vp9|h264|av1)$/);
    expect(stats.framesWithDetail > 0).toBe(transport === 'detail');
    expect(stats.framesLocal).toBe(0);
    // A volunteer's worker reports its counts periodically, maybe after the gamer has presented the frame.
    await volunteer.waitForFunction(() => window.node.stats().framesDone > 0);

    if (backend === 'wgsl') await expectToOutliveItsDevice(volunteer, gamer);

    await gamer.evaluate(() => window.stream.close());
    // It receives no more frames.
    await expect.poll(() => volunteer.evaluate(() => window.node.stats().load)).toBe(0);
  });
}

/** The volunteer's device is lost in the middle of the stream: it gets a new one and goes on. */
async function expectToOutliveItsDevice(volunteer: Page, gamer: Page): Promise<void> {
  const worker = volunteer.workers().find((one) => one.url().includes('volunteer.worker'));
  if (!worker) throw new Error('The page has no volunteer.');
  const devices = () => worker.evaluate(() => self.devices.size);
  await worker.evaluate(noteDevices);
  await expect.poll(devices).toBe(1);
  await worker.evaluate(() => {
    for (const device of self.devices) device.destroy();
  });
  await expect.poll(devices).toBe(2);
  const framesDone = await volunteer.evaluate(() => window.node.stats().framesDone);
  await volunteer.waitForFunction((before) => window.node.stats().framesDone > before + 3, framesDone);
  // Nobody else makes pictures.
  const shown = await gamer.evaluate(() => window.stream.stats().framesPresented);
  await gamer.waitForFunction((before) => window.stream.stats().framesPresented > before + 3, shown);
}

function noteDevices(): void {
  self.devices = new Set();
  const { createCommandEncoder } = GPUDevice.prototype;
  GPUDevice.prototype.createCommandEncoder = function (this: GPUDevice, ...given) {
    self.devices.add(this);
    return createCommandEncoder.apply(this, given);
  };
}
