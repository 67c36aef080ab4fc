import { setTimeout as sleep } from 'node:timers/promises';
import { SHARING_FLAGS, shareFlashingTab, takeSkews } from '../../e2e/skew-probe.ts';
import type { Section } from '../context.ts';
import { median } from '../measuring.ts';
import { figure } from '../report.ts';

/** For the delay to be measured and the sound to follow, and then for as many beeps as the median needs. */
const [SETTLE_MS, DURATION_MS] = [15_000, 30_000];
/** What people do not notice is 45 ms of sound before its picture, and more after it (ITU-R BT.1359). */
const MAX_SKEW_MS = 45;

export const sound: Section = {
  name: 'sound',
  about: 'a shared tab that flashes and beeps: by how much its sound is heard after its sharpened picture is seen',
  async run(context) {
    const options = { flags: SHARING_FLAGS, isAudible: true, context: { bypassCSP: true } };
    const site = await context.openSite({ modules: [], ...options });
    const gamer = await shareFlashingTab(site.pages, site.url, (page) => page.goto(new URL('/gamer', site.url).href));
    await sleep(SETTLE_MS);
    await takeSkews(gamer);
    await sleep(DURATION_MS);
    const skews = await takeSkews(gamer);
    const sorted = [...skews].sort((a, b) => a - b);
    return [
      figure('sound after picture, median', Math.abs(median(skews)), 'ms', {
        note: `${skews.length} beeps: ${sorted.map((ms) => ms.toFixed(0)).join(', ')}`,
        atMost: MAX_SKEW_MS,
      }),
    ];
  },
};
