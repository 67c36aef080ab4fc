import type { Page } from 'playwright/test';
import { CAMERA_FLAGS, streamCamera } from './camera.ts';
import { expect, test, waitForVolunteers } from './fixtures.ts';
import { ImpairedRelay } from './impaired-relay.mjs';
import { launchOptions } from './launch.mjs';
import { ensureCoturn, iceServersAt, startTurnServer, TURN_FIXTURE_TIMEOUT_MS } from './turn-server.mjs';

/** A poor line whose queue holds two or three frames. */
const IMPAIRMENT = { delayMs: 30, loss: 0.02, queueBytes: 5_000, seed: 1 };
/** A third of the downlink bitrate of the camera's small frames. */
const SQUEEZE_KBPS = 60;
const SQUEEZE_FRAMES = 20;
/** Of so many successive frames four fifths must have detail again. The stream's own shares look further back, into the squeeze. */
const RECOVERED_FRAMES = 15;
/** Longer than this without a new picture is a freeze on any machine: the picture is this computer's own. */
const STANDSTILL_MS = 2_000;

const launch = await launchOptions({ hasWebgpu: false });
test.use({ launchOptions: { ...launch, args: [...(launch.args ?? []), ...CAMERA_FLAGS] } });

test.beforeAll(async () => {
  test.setTimeout(TURN_FIXTURE_TIMEOUT_MS);
  await ensureCoturn();
});

test('over a lossy relay that is throttled for a while, the picture goes on and the volunteer’s detail returns', {
  tag: '@long',
}, async ({ volunteerPage, gamerPage }) => {
  const turn = await startTurnServer();
  const relay = await ImpairedRelay.start(turn.port, IMPAIRMENT);
  try {
    const room = 'impaired';
    await volunteerPage(room, {
      backend: 'wasm',
      relayOnly: true,
      iceServers: iceServersAt(turn.port, turn.credentials),
    });
    const gamer = await gamerPage(room, {
      where: 'volunteers',
      relayOnly: true,
      iceServers: iceServersAt(relay.port, turn.credentials),
    });
    await waitForVolunteers(gamer, 1);
    await streamCamera(gamer);
    await gamer.evaluate(watchForStandstills);

    relay.squeeze(SQUEEZE_KBPS);
    await presentMore(gamer, SQUEEZE_FRAMES);
    relay.squeeze(null);
    await gamer.evaluate(helpedAgain, RECOVERED_FRAMES);
    expect(await gamer.evaluate(() => window.stream.stats().running)).toBe('volunteers');
    expect(await gamer.evaluate(() => window.longestStandMs)).toBeLessThan(STANDSTILL_MS);
    // The stream used the impaired relay, which lost packets.
    expect(relay.counts.up.lost + relay.counts.down.lost).toBeGreaterThan(0);
  } finally {
    await relay.stop();
    await turn.stop();
  }
});

declare global {
  interface Window {
    longestStandMs: number;
  }
}

/** Records the longest time without a new picture. */
function watchForStandstills(): void {
  window.longestStandMs = 0;
  let last = { count: window.stream.stats().framesPresented, atMs: performance.now() };
  setInterval(() => {
    const count = window.stream.stats().framesPresented;
    window.longestStandMs = Math.max(window.longestStandMs, performance.now() - last.atMs);
    if (count !== last.count) last = { count, atMs: performance.now() };
  }, 50);
}

/** Waits until at least four fifths of so many successive frames were shown with a volunteer's detail. */
async function helpedAgain(frames: number): Promise<void> {
  const look = () => {
    const { framesPresented, framesWithDetail } = window.stream.stats();
    return { presented: framesPresented, helped: framesWithDetail };
  };
  for (let first = look(); ; ) {
    await new Promise((resolve) => setTimeout(resolve, 50));
    const last = look();
    if (last.presented - first.presented < frames) continue;
    if (last.helped - first.helped >= 0.8 * (last.presented - first.presented)) return;
    first = last;
  }
}

/** Waits until this many more frames were presented. */
async function presentMore(gamer: Page, frames: number): Promise<void> {
  const shown = await gamer.evaluate(() => window.stream.stats().framesPresented);
  await gamer.waitForFunction((wanted) => window.stream.stats().framesPresented >= wanted, shown + frames);
}
