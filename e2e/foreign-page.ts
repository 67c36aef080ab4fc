import type { Frame, Page } from 'playwright/test';

/** What pages of another site do, which import the SDK by its address. */

export function startVolunteer(page: Page | Frame, module: string, room: string): Promise<void> {
  return page.evaluate(
    async (given) => {
      const { VolunteerNode } = await import(given.module);
      window.node = await VolunteerNode.start({ room: given.room });
    },
    { module, room },
  );
}

/** Runs a task at a volunteer and one on the page's own machine: who ran each, and the width of a result. */
export function runThereAndHere(
  page: Page,
  module: string,
  room: string,
): Promise<{ there: string; here: string; width: number }> {
  return page.evaluate(
    async (given) => {
      const { GamerClient } = await import(given.module);
      const client = await GamerClient.connect({ room: given.room });
      await client.whenReady({ timeoutMs: 60_000 });
      const image = { width: 8, height: 8, data: new Uint8ClampedArray(256).fill(200) };
      const there = await client.submitTask('upscale', { image }, { where: 'volunteers' }).result;
      const here = await client.submitTask('upscale', { image }, { where: 'local' }).result;
      await client.close();
      return { there: there.timing.ranOn, here: here.timing.ranOn, width: there.image.width };
    },
    { module, room },
  );
}
