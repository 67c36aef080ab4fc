import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright/test';
import { ROOT } from '../deploy/child.mjs';
import type * as Sdk from '../web/sdk/p2c2r.ts';
import { expect, openSdk, test } from './fixtures.ts';
import { type RunningServer, startServer } from './server.ts';

declare global {
  interface Window {
    /** The game's camera, which its player moves. */
    camera: { position: { x: number; z: number } };
    padAxis: number;
  }
}

const PACKAGES = join(ROOT, 'node_modules');
/** The packages that a site may serve: those its page names. */
const SERVED = /^\/(three\/[\w./-]+\.js)$/;

interface ForeignSite {
  origin: string;
  stop(): void;
}

/** A site of somebody else, on another origin than our server: a page, and packages from npm that it imports. */
async function startForeignSite(page: (path: string) => string): Promise<ForeignSite> {
  const site = createServer(async ({ url = '/' }, response) => {
    const { pathname } = new URL(url, 'http://localhost');
    const [, file] = SERVED.exec(pathname) ?? [];
    if (file) response.setHeader('content-type', 'text/javascript').end(await readFile(join(PACKAGES, file)));
    else response.setHeader('content-type', 'text/html').end(page(pathname));
  });
  await new Promise<void>((resolve) => site.listen(0, 'localhost', resolve));
  const { port } = site.address() as AddressInfo;
  return { origin: `http://localhost:${port}`, stop: () => site.close() };
}

const BADGE = 'p2c2r-badge';
const OVERLAY = 'p2c2r-overlay';

/** A game of somebody else, from the parts of three.js: a landscape to fly through, by keyboard, pointer or gamepad. */
const game = (script: string) => `<!doctype html><title>Fly</title>
<style>html, body { margin: 0; height: 100%; overflow: hidden } canvas { display: block } #hud { position: absolute; margin: 9px; color: #fff }</style>
<p id="hud">Fly with WASD, F for the full screen</p>
<script type="importmap">{ "imports": { "three": "/three/build/three.module.js", "three/addons/": "/three/examples/jsm/" } }</script>
${script}
<script type="module">
import * as THREE from 'three';
import { FlyControls } from 'three/addons/controls/FlyControls.js';
import { SkyGeometry, TreesGeometry } from 'three/addons/misc/RollerCoaster.js';
const renderer = new THREE.WebGLRenderer();
renderer.setPixelRatio(devicePixelRatio);
const fit = () => { renderer.setSize(innerWidth, innerHeight); camera.aspect = innerWidth / innerHeight; camera.updateProjectionMatrix(); };
const camera = window.camera = new THREE.PerspectiveCamera(60, 1, 0.1, 500);
const scene = new THREE.Scene();
scene.background = new THREE.Color(0xf0f0ff);
scene.add(new THREE.HemisphereLight(0xfff0f0, 0x606066, 3));
const ground = new THREE.PlaneGeometry(300, 300, 15, 15).rotateX(-Math.PI / 2);
const meadow = new THREE.Mesh(ground, new THREE.MeshLambertMaterial({ color: 0x407000 }));
scene.add(meadow, new THREE.Mesh(new TreesGeometry(meadow), new THREE.MeshBasicMaterial({ side: 2, vertexColors: true })));
scene.add(new THREE.Mesh(new SkyGeometry(), new THREE.MeshBasicMaterial()));
camera.position.set(0, 4, 60);
const controls = new FlyControls(camera, renderer.domElement);
Object.assign(controls, { movementSpeed: 8, dragToLook: true });
addEventListener('resize', fit);
addEventListener('keydown', ({ key }) => { if (key === 'f') renderer.domElement.requestFullscreen(); });
document.body.append(renderer.domElement);
fit();
let seconds = 0;
setInterval(() => {
  const [pad] = navigator.getGamepads();
  if (pad) camera.position.x += pad.axes[0] * 0.1;
  controls.update(0.2);
  camera.position.y = 4 + Math.sin((seconds += 0.1));
  renderer.render(scene, camera);
}, 200);
</script>`;

test('a game of another origin, written by others, is sharpened by a volunteer in another browser through one line, and played as before, on the full screen and back', {
  // Whether the picture is shown follows rates, which a test on the other core would disturb.
  tag: '@alone',
}, async ({ browser, playwright, launchOptions }) => {
  let script = '';
  const site = await startForeignSite(() => game(script));
  const server = await startServer({ env: { ALLOWED_ORIGINS: site.origin } });
  const elsewhere = await playwright.chromium.launch(launchOptions);
  try {
    const owner = await openOwner(browser, server);
    const invites = await owner.evaluate(async () => {
      const game = await window.client.createInvite({ role: 'gamer' });
      return { game: game.url, volunteer: (await window.client.createInvite()).token, room: window.client.room };
    });
    await startVolunteer(elsewhere, server, invites);
    // The delay of a busy machine must not end the test.
    script = `<script type="module" src="${new URL('/attach.js', server.url).href}" data-invite="${invites.game}"
      data-render-scale="0.5" data-where="volunteers" data-quality="spatial" data-max-fps="10" data-max-delay-ms="5000"></script>`;
    const page = await openGame(browser, site.origin);
    const badge = page.locator(BADGE);
    await badge.getByRole('button', { name: 'Details' }).click();
    await expectShown(page);
    // The game draws half of the width and height, and its size on the page is what it was.
    await expect.poll(() => sizes(page)).toEqual({ drawn: [240, 135], shown: [480, 270] });

    await expectToPlay(page);
    await page.screenshot({ path: test.info().outputPath('sharpened.png') });

    await page.keyboard.press('f');
    await page.waitForFunction((overlay) => document.querySelector(`${overlay}:popover-open`), OVERLAY);
    await expectShown(page);
    expect(await page.evaluate(() => document.elementFromPoint(200, 100)?.localName)).toBe('canvas');
    await page.keyboard.press('Escape');
    await page.evaluate(() => document.fullscreenElement && document.exitFullscreen());
    await page.waitForFunction((overlay) => document.querySelector(`${overlay}:not([popover])`), OVERLAY);
    await expectShown(page);

    await badge.getByRole('button', { name: 'Stop sharpening' }).click();
    await expect(page.locator(`${OVERLAY}, ${BADGE}`)).toHaveCount(0);
    await expect.poll(() => sizes(page)).toEqual({ drawn: [480, 270], shown: [480, 270] });
    await owner.context().close();
    await page.context().close();
  } finally {
    await elsewhere.close();
    await server.stop();
    site.stop();
  }
});

/** The sentence of the badge says why, where the picture is not shown. */
async function expectShown(page: Page): Promise<void> {
  const sentence = page.locator(BADGE).locator('p');
  // Where it was hidden for too long, the game draws in full size for a minute.
  await expect(sentence).toHaveText('The sharpened picture is shown. Helping: “Vera”.', { timeout: 120_000 });
  await expect(page.locator(OVERLAY)).toHaveCSS('visibility', 'visible');
}

/** Keys, pointer and gamepad reach the game below the picture. */
async function expectToPlay(page: Page): Promise<void> {
  const { x, z } = await page.evaluate(() => ({ ...window.camera.position }));
  await page.mouse.click(240, 135);
  await page.keyboard.down('w');
  await page.waitForFunction((from) => Math.abs(window.camera.position.z - from) > 1, z);
  await page.keyboard.up('w');
  await page.evaluate(() => {
    window.padAxis = 1;
    dispatchEvent(new Event('gamepadconnected'));
  });
  await page.waitForFunction((from) => window.camera.position.x > from + 0.5, x);
}

async function openOwner(browser: Browser, server: RunningServer): Promise<Page> {
  const page = await (await browser.newContext()).newPage();
  await openSdk(page, server.url);
  await page.evaluate(async () => {
    window.client = await window.sdk.GamerClient.connect({ inviteOnly: true });
  });
  return page;
}

async function startVolunteer(
  browser: Browser,
  server: RunningServer,
  { room, volunteer: invite }: { room: string; volunteer: string },
): Promise<void> {
  const page = await browser.newPage();
  await openSdk(page, server.url);
  const options: Sdk.VolunteerOptions = { room, invite, name: 'Vera', backend: 'wasm' };
  await page.evaluate(async (start) => {
    window.node = await window.sdk.VolunteerNode.start(start);
  }, options);
}

async function openGame(browser: Browser, origin: string): Promise<Page> {
  const context = await browser.newContext({ viewport: { width: 480, height: 270 } });
  const page = await context.newPage();
  page.on('pageerror', (error) => {
    throw error;
  });
  // A gamepad that is plugged in later.
  await page.addInitScript(() => {
    const pad = () => ({ axes: [window.padAxis, 0], buttons: [], connected: true, index: 0 }) as unknown as Gamepad;
    navigator.getGamepads = () => (window.padAxis ? [pad()] : []);
  });
  await page.goto(origin);
  return page;
}

function sizes(page: Page) {
  return page.evaluate(() => {
    const canvas = document.querySelector('canvas');
    return { drawn: [canvas?.width, canvas?.height], shown: [canvas?.clientWidth, canvas?.clientHeight] };
  });
}
