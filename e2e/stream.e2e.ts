import type * as Sdk from '../web/sdk/p2c2r.ts';
import { expect, test, waitForVolunteers } from './fixtures.ts';

declare global {
  interface Window {
    stream: Sdk.FrameStream;
  }
}

for (const backend of ['wgsl', 'wasm'] as const) {
  test(`a canvas streamed to a volunteer is shown larger, in its colours, with detail, its time accounted for: ${backend}`, {
    tag: backend === 'wgsl' ? ['@gpu'] : [],
  }, async ({ volunteerPage, gamerPage }) => {
    const volunteer = await volunteerPage('stream', { backend });
    const gamer = await gamerPage('stream', { where: 'volunteers' });
    await waitForVolunteers(gamer, 1);
    await gamer.evaluate(async () => {
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
      // Slow enough that the detail of a software GPU on a busy machine comes in time for its frame.
      window.stream = await window.client.openStream(canvas, { scale: 2, maxFps: 3 });
    });
    const helped = await gamer.waitForFunction(() => {
      const stats = window.stream.stats();
      const isHelped = stats.running === 'volunteers' && stats.shares.some(({ share }) => share > 0.5);
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
      // This machine's own pixels: the middle of a field has no detail but a codec's noise.
      for (const [channel, value] of colour.entries()) {
        expect(Math.abs(value - (expected[index]?.[channel] ?? 0))).toBeLessThan(6);
      }
    }
    const stats = await helped.jsonValue();
    if (!stats) throw new Error('waited for in vain');
    const { stagesMs, glassToGlassMs, codec } = stats;
    expect(stagesMs.reduce((sum, { p50 }) => sum + p50, 0)).toBeCloseTo(glassToGlassMs.p50);
    expect(codec).toMatch(/^(vp8|vp9|h264|av1)$/);
    expect(stats.framesWithDetail).toBeGreaterThan(0);
    expect(stats.framesLocal).toBe(0);
    // A volunteer's worker reports its counts periodically, maybe after the gamer has presented the frame.
    await volunteer.waitForFunction(() => window.node.stats().framesDone > 0);

    await gamer.evaluate(() => window.stream.close());
    // It receives no more frames.
    await expect.poll(() => volunteer.evaluate(() => window.node.stats().load)).toBe(0);
  });
}
