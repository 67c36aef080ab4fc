import { chromium } from 'playwright';
import type { Page } from 'playwright/test';
import { openSdk } from './fixtures.ts';
import { launchOptions } from './launch.mjs';

const options = await launchOptions({ hasWebgpu: false });

/** Without this flag, browsers hide their addresses behind mDNS names, which only a network resolves. */
const launch = { ...options, args: [...(options.args ?? []), '--disable-features=WebRtcHideLocalIpsWithMdns'] };

/** A browser that lives through the test, and reaches the mortal one. */
export const launchBrowser = () => chromium.launch(launch);

/** A browser that a test stops or kills. */
export async function launchKillableBrowser() {
  const server = await chromium.launchServer(launch);
  const { pid } = server.process();
  if (pid === undefined) throw new Error('The browser to be killed did not start.');
  return {
    browser: await chromium.connect(server.wsEndpoint()),
    /** To all its processes: when it is killed, its children would otherwise close the connections properly. */
    signal: (name: 'SIGSTOP' | 'SIGCONT' | 'SIGKILL') => process.kill(-pid, name),
    close: () => server.close(),
  };
}

export async function startVolunteer(page: Page, serverUrl: string, room: string, name: string): Promise<void> {
  await openSdk(page, serverUrl);
  await page.evaluate(
    async (options) => {
      window.node = await window.sdk.VolunteerNode.start({ ...options, backend: 'js' });
    },
    { room, name },
  );
}

/** The page of a gamer whose work runs on volunteers only. */
export async function startGamer(page: Page, serverUrl: string, room: string): Promise<void> {
  await openSdk(page, serverUrl);
  await page.evaluate(async (room) => {
    window.client = await window.sdk.GamerClient.connect({ room, where: 'volunteers' });
  }, room);
}
