import { afterEach, beforeEach, expect, test } from 'vitest';
import { Overlay } from './overlay.ts';
import { RenderSize } from './render-size.ts';

const overlays: Overlay[] = [];

/** Test files share a page: the style sheets of those that ran before are still there. */
const styleSheets = (areOn: boolean) => {
  for (const sheet of document.styleSheets) sheet.disabled = !areOn;
};

beforeEach(() => styleSheets(false));

afterEach(() => {
  styleSheets(true);
  for (const overlay of overlays.splice(0)) overlay.remove();
  document.body.replaceChildren();
  document.body.removeAttribute('style');
  window.scrollTo(0, 0);
});

/** Lays an overlay over the canvas `#game` of a page, and shows it. */
function laidOver(html: string, root: (page: HTMLElement) => ParentNode = (page) => page) {
  document.body.innerHTML = html;
  const game = root(document.body).querySelector<HTMLCanvasElement>('#game');
  if (!game) throw new Error('no game');
  Object.assign(game, { width: 160, height: 90 });
  const picture = Object.assign(document.createElement('canvas'), { width: 320, height: 180 });
  const overlay = new Overlay(game, picture);
  overlays.push(overlay);
  overlay.isShown = true;
  let nowMs = 0;
  const follow = () => {
    nowMs += 1_000;
    return overlay.follow(nowMs);
  };
  return { game, picture, overlay, follow, why: follow() };
}

function expectSame(picture: Element, element: Element): void {
  const [a, b] = [picture.getBoundingClientRect(), element.getBoundingClientRect()];
  for (const side of ['left', 'top', 'width', 'height'] as const) expect(a[side], side).toBeCloseTo(b[side], 0);
}

/** What is painted uppermost at a point of the page, if the overlay took input. */
function paintedAt(x: number, y: number): Element | null {
  const anchor = document.querySelector<HTMLElement>('p2c2r-overlay');
  anchor?.style.setProperty('pointer-events', 'auto', 'important');
  const uppermost = document.elementFromPoint(x, y);
  anchor?.style.setProperty('pointer-events', 'none', 'important');
  return uppermost;
}

const GAME = '<canvas id="game" style="width:240px;height:135px"></canvas>';

test.each([
  ['in the flow of text', `<p>Before</p>some words ${GAME} and more`],
  ['beside a fraction of a pixel', `<div style="padding:0.4px 10.3px">${GAME}</div>`],
  ['in a positioned box', `<div style="position:relative;left:31px;margin:20px;border:3px solid">${GAME}</div>`],
  [
    'centred by flex',
    `<div style="display:flex;gap:9px;justify-content:center;height:300px;align-items:center"><b>A</b>${GAME}</div>`,
  ],
  [
    'in a grid',
    `<div style="display:grid;grid-template-columns:1fr 1fr;place-items:end"><i>A</i>${GAME}<i>B</i></div>`,
  ],
  ['in a cell of a table', `<table><tr><td>A</td><td style="padding:20px">${GAME}</td></tr></table>`],
  ['fixed', '<canvas id="game" style="position:fixed;right:7px;bottom:5px;width:100px;height:70px"></canvas>'],
  ['absolute', '<canvas id="game" style="position:absolute;inset:0;width:100%;height:100%"></canvas>'],
  ['turned and scaled', '<canvas id="game" style="margin:80px;transform:rotate(20deg) scale(1.3,0.7)"></canvas>'],
  [
    'turned by single properties',
    '<canvas id="game" style="margin:80px;rotate:30deg;scale:0.8;translate:5px 9px"></canvas>',
  ],
  [
    'in a box that is turned and scaled',
    `<div style="margin:60px;transform:rotate(-15deg) scale(0.8)"><p>A</p>${GAME}</div>`,
  ],
  [
    'in a fixed box within a turned one',
    `<div style="rotate:10deg;scale:1.2"><div style="position:fixed;top:40px">${GAME}</div></div>`,
  ],
  ['zoomed', `<div style="zoom:1.5"><p>A</p>${GAME}</div>`],
  ['zoomed by itself', '<p>A</p><canvas id="game" style="zoom:0.5"></canvas>'],
])('the picture lies exactly over a canvas that is %s', (_, html) => {
  const { game, picture, why } = laidOver(html);
  expect(why).toBe('');
  expectSame(picture, game);
});

test('rules of the page for canvases and all elements do not reach the picture', () => {
  const rule = '<style>canvas,* { display: block !important; width: 50px !important; margin: 9px !important }</style>';
  const { game, picture } = laidOver(`${rule}<canvas id="game"></canvas>`);
  expectSame(picture, game);
  expect(getComputedStyle(picture).margin).toBe('0px');
});

test('border, padding, fit and position of the element are those of the picture', () => {
  const { game, picture, follow } = laidOver(
    '<canvas id="game" style="width:200px;height:200px;border:4px solid;padding:10px 20px;object-fit:contain;object-position:0 100%;border-radius:30px"></canvas>',
  );
  const { left, top } = game.getBoundingClientRect();
  const { x, y, width, height } = picture.getBoundingClientRect();
  expect({ x: x - left, y: y - top, width, height }).toEqual({ x: 24, y: 14 + 200 - 112.5, width: 200, height: 112.5 });
  // The corner is round: what is painted there is the page.
  game.style.objectFit = 'fill';
  game.style.padding = '0';
  game.style.border = '0';
  follow();
  expect(paintedAt(left + 2, top + 2)).not.toHaveProperty('localName', 'p2c2r-overlay');
  expect(paintedAt(left + 40, top + 40)).toHaveProperty('localName', 'p2c2r-overlay');
});

test('an element that moves, grows and scrolls is followed', () => {
  const { game, picture, follow } = laidOver(`<div style="height:3000px"><p>A</p>${GAME}</div>`);
  window.scrollTo(0, 60);
  follow();
  expectSame(picture, game);
  for (let width = 50; width < 250; width += 37) {
    game.style.width = `${width}px`;
    game.style.marginLeft = `${width / 3}px`;
    follow();
    expectSame(picture, game);
  }
});

test('a box that scrolls and clips the element does so with the picture, round corners included', () => {
  const { game, picture, follow } = laidOver(
    `<div id="box" style="overflow:auto;width:150px;height:100px;border:5px solid;border-radius:20px;margin:30px"><div style="height:400px;padding:20px">${GAME}</div></div>`,
  );
  const box = document.querySelector('#box');
  if (!box) throw new Error('no box');
  box.scrollTop = 30;
  follow();
  expectSame(picture, game);
  const { left, top, right, bottom } = box.getBoundingClientRect();
  expect(paintedAt(left + 60, top + 50)).toHaveProperty('localName', 'p2c2r-overlay');
  // Outside the box, on its round corner, and on its border.
  for (const [x, y] of [
    [right + 10, top + 50],
    [left + 60, bottom + 10],
    [left + 7, top + 7],
    [left + 60, top + 2],
  ] as const) {
    expect(paintedAt(x, y)?.localName, `${x - left} ${y - top}`).not.toBe('p2c2r-overlay');
  }
});

test.each([
  ['before the game', `<b class="hud">A</b>${GAME}`],
  ['after the game', `${GAME}<b class="hud">A</b>`],
  [
    'before a positioned game',
    `<b class="hud" style="z-index:2">A</b>${GAME.replace('style="', 'style="position:relative;z-index:1;')}`,
  ],
])('what a page lays over its game stays over the picture: %s', (_, html) => {
  laidOver(`<style>.hud { position: absolute; left: 20px; top: 20px; width: 60px; height: 40px }</style>${html}`);
  expect(paintedAt(30, 30)).toHaveProperty('className', 'hud');
  expect(paintedAt(150, 100)).toHaveProperty('localName', 'p2c2r-overlay');
});

test('the game gets all input, and the picture none', () => {
  const { game } = laidOver(GAME);
  const { left, top } = game.getBoundingClientRect();
  expect(document.elementsFromPoint(left + 50, top + 50)[0]).toBe(game);
  expect(document.querySelector('p2c2r-overlay')).toHaveProperty('ariaHidden', 'true');
});

test('in a shadow root, and in the slot of one, the picture has the same place', () => {
  const shadow = laidOver('<section></section>', (page) => {
    const root = page.querySelector('section')?.attachShadow({ mode: 'open' });
    if (!root) throw new Error('no section');
    root.innerHTML = `<style>:host { display: block; padding: 25px }</style>${GAME}`;
    return root;
  });
  expectSame(shadow.picture, shadow.game);
  const slotted = laidOver(`<section>${GAME.replace('id', 'slot="right" id')}</section>`, (page) => {
    const root = page.querySelector('section')?.attachShadow({ mode: 'open' });
    if (root) root.innerHTML = '<div style="margin:40px;overflow:hidden"><slot name="right"></slot></div>';
    return page;
  });
  expectSame(slotted.picture, slotted.game);
});

test.each([
  ['display:none', 'no size'],
  ['width:0', 'no size'],
  ['visibility:hidden', 'hidden'],
  ['opacity:0.5', 'lets through'],
  ['mix-blend-mode:multiply', 'lets through'],
  ['transform:rotateY(90deg)', 'no size'],
])('nothing is laid over a canvas with %s, and the reason is said', (style, why) => {
  expect(laidOver(`<canvas id="game" style="${style}"></canvas>`).why).toContain(why);
});

test('an element that leaves the page takes its picture along, and brings it back', () => {
  const { game, picture, follow } = laidOver(`<div>${GAME}</div><p></p>`);
  game.remove();
  expect(follow()).toBe('The element is not in the page.');
  expect(picture.isConnected).toBe(false);
  document.querySelector('p')?.append(game);
  expect(follow()).toBe('');
  expectSame(picture, game);
});

test('how much the screen enlarges the source follows size, zoom and transforms', () => {
  const { overlay, game, follow } = laidOver(
    '<div style="zoom:2"><canvas id="game" style="width:160px;height:90px"></canvas></div>',
  );
  expect(overlay.enlargement / devicePixelRatio).toBeCloseTo(2);
  game.style.transform = 'rotate(45deg) scale(1.5)';
  follow();
  expect(overlay.enlargement / devicePixelRatio).toBeCloseTo(3);
});

test('the element alone on the full screen has the picture over it there, and in its place again afterwards', async () => {
  const { game, picture, follow } = laidOver(`<div style="transform:scale(0.5)">${GAME}</div>`);
  try {
    await game.requestFullscreen();
  } catch {
    // Browsers want a click for it, and a headless one may have no screen: e2e goes there.
    return;
  }
  follow();
  expectSame(picture, game);
  await document.exitFullscreen();
  follow();
  expectSame(picture, game);
  expect(document.querySelector('p2c2r-overlay')?.matches(':popover-open')).toBe(false);
});

test('where a browser has no popovers, the overlay says why it does not lie over an element on the full screen', () => {
  const { game, follow } = laidOver(GAME);
  const showPopover = Object.getOwnPropertyDescriptor(HTMLElement.prototype, 'showPopover') ?? {};
  Reflect.deleteProperty(HTMLElement.prototype, 'showPopover');
  try {
    game.matches = (selector) => selector === ':fullscreen';
    expect(follow()).toContain('over an element on the full screen');
    Reflect.deleteProperty(game, 'matches');
    expect(follow()).toBe('');
  } finally {
    Object.defineProperty(HTMLElement.prototype, 'showPopover', showPopover);
  }
});

test('of an engine that reads the density of the window, the screen has more pixels than it draws', () => {
  const screenPixels = devicePixelRatio;
  const { game, overlay, follow } = laidOver(GAME);
  const draw = () => Object.assign(game, { width: 240 * devicePixelRatio, height: 135 * devicePixelRatio });
  window.addEventListener('resize', draw);
  draw();
  expect(overlay.enlargement).toBeCloseTo(1);
  const size = RenderSize.of(game, { renderScale: 0.5, renderer: window });
  size?.shrink();
  expect([follow(), game.width]).toEqual(['', 120 * screenPixels]);
  expect(overlay.enlargement).toBeCloseTo(2, 1);
  size?.restore();
  expect([devicePixelRatio, overlay.enlargement]).toEqual([screenPixels, expect.closeTo(1)]);
  window.removeEventListener('resize', draw);
});
