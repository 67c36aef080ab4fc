import { chromium, type Page } from 'playwright/test';
import { CHROMIUM_FLAGS, WEBGPU_FLAG } from './browser.mjs';
import { expect, openSdk, test, waitForVolunteers } from './fixtures.ts';
import { launchOptions } from './launch.mjs';
import { startServer } from './server.ts';

/** Step, ms, in which a page's clock is put forward: shorter than what a request to the server may take. */
const SKIP_MS = 1_000;

interface Refusal {
  reason: string;
  message: string;
  isMeshError: boolean;
}

declare global {
  interface Window {
    refusalOf(promise: Promise<unknown>): Promise<Refusal | 'no error'>;
    /** What an error event said. */
    told?: { reason: string; message: string };
  }
}

/** Adds `refusalOf` to a page: how a promise of the SDK rejects. */
async function withRefusals(page: Page): Promise<Page> {
  await page.evaluate(() => {
    window.refusalOf = (promise) =>
      promise.then(
        () => 'no error' as const,
        (error) => ({
          reason: error.reason,
          message: error.message,
          isMeshError: error instanceof window.sdk.MeshError,
        }),
      );
  });
  return page;
}

/** Every refusal says in a sentence what to do. */
function refusal(reason: string) {
  return { reason, message: expect.stringMatching(/^[A-Z0-9].{20,}\.$/s), isMeshError: true };
}

test('wrong tasks reject with their reasons, and valid ones submitted with them complete', async ({
  volunteerPage,
  gamerPage,
}) => {
  await volunteerPage('mixed');
  const gamer = await withRefusals(await gamerPage('mixed', { where: 'volunteers' }));
  await waitForVolunteers(gamer, 1);
  const refusals = await gamer.evaluate(async () => {
    const { client, refusalOf } = window;
    const pixels = { width: 2, height: 2, data: new Uint8ClampedArray(16) };
    const wrong = [
      client.submitTask('teleport' as 'echo', { bytes: new Uint8Array() }),
      client.submitTask('upscale', { image: { width: 0, height: 0, data: new Uint8ClampedArray() } }),
      client.submitTask('upscale', { image: { width: 3, height: 2, data: new Uint8ClampedArray(16) } }),
      client.submitTask('upscale', { image: 'a picture' as unknown as ImageData }),
      client.submitTask('upscale', { image: pixels, scale: 9 }),
      client.submitTask('upscale', { image: pixels, scale: Number.NaN }),
      client.submitTask('upscale', { image: pixels, quality: 'best' as 'fast' }),
      client.submitTask('echo', { bytes: new Uint8Array(70 * 1024 * 1024) }),
      client.submitTask('echo', { bytes: new Uint8Array(1) }, { timeoutMs: -1 }),
      client.submitTask('echo', { bytes: 'text' as unknown as Uint8Array }),
    ];
    const right = client.submitTask('echo', { bytes: new Uint8Array([1, 2, 3]) });
    const ends = await Promise.all(wrong.map(({ result }) => refusalOf(result)));
    const { bytes } = await right.result;
    return { ends, bytes: [...bytes] };
  });
  expect(refusals.ends).toEqual([
    refusal('unknown-task'),
    ...Array.from({ length: 6 }, () => refusal('bad-input')),
    refusal('too-large'),
    refusal('timeout'),
    refusal('bad-input'),
  ]);
  expect(refusals.bytes).toEqual([1, 2, 3]);
});

test('without volunteers, a task for volunteers only rejects in time', async ({ gamerPage }) => {
  const gamer = await withRefusals(await gamerPage('empty'));
  const ends = await gamer.evaluate(() =>
    Promise.all([
      window.refusalOf(
        window.client.submitTask('echo', { bytes: new Uint8Array(1) }, { where: 'volunteers', timeoutMs: 300 }).result,
      ),
      window.refusalOf(window.client.whenReady({ volunteers: 1, timeoutMs: 300 })),
    ]),
  );
  expect(ends).toEqual([refusal('no-volunteer'), refusal('no-volunteer')]);
});

test('a closed client ends its tasks and refuses new ones', async ({ gamerPage }) => {
  const gamer = await withRefusals(await gamerPage('closing', { where: 'volunteers' }));
  const ends = await gamer.evaluate(async () => {
    const { client, refusalOf } = window;
    const running = refusalOf(client.submitTask('echo', { bytes: new Uint8Array(1) }).result);
    await client.close();
    return [await running, await refusalOf(client.submitTask('echo', { bytes: new Uint8Array(1) }).result)];
  });
  expect(ends).toEqual([refusal('closed'), refusal('closed')]);
});

test('options that make no sense are refused before anything is connected', async ({ sdkPage }) => {
  const page = await withRefusals(await sdkPage());
  const ends = await page.evaluate(() => {
    const { sdk, refusalOf } = window;
    return Promise.all([
      refusalOf(sdk.GamerClient.connect({ where: 'here' as 'local' })),
      refusalOf(sdk.GamerClient.connect({ room: '' })),
      refusalOf(sdk.GamerClient.connect({ name: 'x'.repeat(500) })),
      refusalOf(sdk.GamerClient.connect({ url: 'nowhere' })),
      refusalOf(sdk.VolunteerNode.start({ room: '' })),
      refusalOf(sdk.VolunteerNode.start({ limits: { maxGamers: 0 } })),
    ]);
  });
  expect(ends).toEqual(Array.from({ length: 6 }, () => refusal('bad-input')));
});

test('a full room, a wrong address and a missing invite have different reasons', async ({ page }) => {
  const small = await startServer({ env: { ROOM_CAPACITY: '2' } });
  try {
    await openSdk(page, small.url);
    await withRefusals(page);
    const ends = await page.evaluate(async () => {
      const { sdk, refusalOf } = window;
      const connect = (room: string, options = {}) => sdk.GamerClient.connect({ room, ...options });
      const inside = [await connect('small'), await connect('small')];
      const full = await refusalOf(connect('small'));
      const closed = await connect('closed', { inviteOnly: true });
      const uninvited = await refusalOf(connect('closed'));
      const nowhere = await refusalOf(sdk.GamerClient.connect({ url: 'http://localhost:9' }));
      for (const client of [...inside, closed]) await client.close();
      return [full, uninvited, nowhere];
    });
    expect(ends).toEqual([refusal('room-full'), refusal('not-invited'), refusal('signaling-unreachable')]);
  } finally {
    await small.stop();
  }
});

test('the server refuses a page of another version with a sentence', async ({ page, server }) => {
  await page.routeWebSocket(/socket\.io/, (socket) => {
    const upstream = socket.connectToServer();
    socket.onMessage((message) =>
      upstream.send(String(message).replace(/"protocolVersion":\d+/, '"protocolVersion":999')),
    );
  });
  await openSdk(page, server.url);
  await withRefusals(page);
  const end = await page.evaluate(() => window.refusalOf(window.sdk.GamerClient.connect({ room: 'old' })));
  expect(end).toEqual(refusal('protocol-version'));
});

test('a browser without WebRTC is refused with a sentence', async ({ sdkPage }) => {
  const page = await withRefusals(await sdkPage());
  const ends = await page.evaluate(() => {
    Reflect.deleteProperty(window, 'RTCPeerConnection');
    const { refusalOf, sdk } = window;
    return Promise.all([
      refusalOf(sdk.GamerClient.connect({ room: 'x' })),
      refusalOf(sdk.VolunteerNode.start({ room: 'x' })),
    ]);
  });
  expect(ends).toEqual([refusal('unsupported-browser'), refusal('unsupported-browser')]);
});

test('a limit that a browser cannot keep is refused with what to do, and is no switch on the page', async ({
  context,
  server,
  sdkPage,
}) => {
  const withoutBattery = () => {
    Object.defineProperty(Navigator.prototype, 'getBattery', { value: undefined });
    Object.defineProperty(Navigator.prototype, 'wakeLock', { value: undefined });
  };
  const page = await sdkPage();
  await page.evaluate(withoutBattery);
  const refusal = await page.evaluate(() =>
    window.sdk.VolunteerNode.start({ room: 'r', limits: { pauseOnBattery: true } }).then(
      () => null,
      ({ reason, message }) => ({ reason, message }),
    ),
  );
  expect(refusal).toEqual({
    reason: 'unsupported-browser',
    message: 'This browser does not tell whether it runs on battery. Leave out the limit pauseOnBattery.',
  });
  const volunteer = await context.newPage();
  await volunteer.addInitScript(withoutBattery);
  await volunteer.goto(new URL('/volunteer', server.url).href);
  await expect(volunteer.getByText('This browser does not tell whether it runs on battery.')).toBeVisible();
  await expect(volunteer.getByText('This browser cannot keep the computer awake.')).toBeVisible();
  await expect(volunteer.getByTestId('pause-on-battery')).toBeDisabled();
});

test('a browser without WebGPU volunteers with its processor', async ({ server }) => {
  const browser = await chromium.launch(await launchOptions({ hasWebgpu: false }));
  try {
    const page = await browser.newPage();
    await page.goto(`${server.url}/healthz`);
    const capabilities = await page.evaluate(async (module) => {
      const { VolunteerNode } = await import(module);
      const node = await VolunteerNode.start({ room: 'no gpu' });
      const { capabilities } = node;
      await node.stop();
      return capabilities;
    }, '/p2c2r.js');
    expect(capabilities.backends.upscale.backend).toBe('wasm');
    expect(capabilities.adapter).not.toBe('');
  } finally {
    await browser.close();
  }
});

test('when two browsers cannot connect, the gamer learns why', async ({ server }) => {
  const browser = await chromium.launch({
    ...(await launchOptions({ hasWebgpu: false })),
    args: [
      ...CHROMIUM_FLAGS.filter((flag) => flag !== WEBGPU_FLAG),
      '--webrtc-ip-handling-policy=disable_non_proxied_udp',
    ],
  });
  try {
    const context = await browser.newContext();
    const [volunteer, gamer] = [await context.newPage(), await context.newPage()];
    await gamer.clock.install();
    for (const page of [volunteer, gamer]) await page.goto(`${server.url}/healthz`);
    await volunteer.evaluate(
      async (module) => (await import(module)).VolunteerNode.start({ room: 'walled' }).then(() => {}),
      '/p2c2r.js',
    );
    await gamer.evaluate(async (module) => {
      const { GamerClient } = await import(module);
      const client = await GamerClient.connect({ room: 'walled' });
      client.addEventListener('error', ({ detail: { reason, message } }: CustomEvent) => {
        window.told = { reason, message };
      });
    }, '/p2c2r.js');
    // The page's time passes some ten times as fast: an attempt to connect takes 15 s.
    const told = () => gamer.evaluate(() => window.told);
    await expect(async () => {
      await gamer.clock.fastForward(SKIP_MS);
      expect(await told()).toBeDefined();
    }).toPass({ intervals: [SKIP_MS / 10] });
    expect(await told()).toEqual({ reason: 'connection-failed', message: expect.stringContaining('TURN') });
  } finally {
    await browser.close();
  }
});
