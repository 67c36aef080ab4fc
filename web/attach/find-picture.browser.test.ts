import { afterEach, expect, test } from 'vitest';
import { findPicture } from './find-picture.ts';

const NONE = new Set<Element>();

afterEach(() => document.body.replaceChildren());

function canvas(width: number, height: number): HTMLCanvasElement {
  const element = document.createElement('canvas');
  element.style.cssText = `width:${width}px;height:${height}px`;
  return element;
}

test('the biggest canvas is found, wherever on the page, and nothing that is too small or hidden', () => {
  const [small, game, hidden] = [canvas(100, 50), canvas(300, 200), canvas(900, 900)];
  document.body.append(small);
  expect(findPicture(document, NONE)).toBeNull();
  hidden.style.visibility = 'hidden';
  document.body.append(game, hidden);
  expect(findPicture(document, NONE)).toEqual({ element: game });
  expect(findPicture(document, new Set([game]))).toBeNull();
});

test('a video without a picture counts for nothing', () => {
  const video = document.createElement('video');
  video.style.cssText = 'width:400px;height:300px';
  document.body.append(video);
  expect(findPicture(document, NONE)).toBeNull();
});

test('a canvas in shadow roots within shadow roots is found', () => {
  const game = canvas(300, 200);
  let inner: Element = document.body.appendChild(document.createElement('div'));
  for (let depth = 0; depth < 3; depth++) {
    inner = inner.attachShadow({ mode: 'open' }).appendChild(document.createElement('div'));
  }
  inner.append(game);
  document.body.append(canvas(200, 150));
  expect(findPicture(document, NONE)).toEqual({ element: game });
});

test('a canvas in a frame of the same origin leads to the frame, and one of another origin to nothing', async () => {
  const frame = document.createElement('iframe');
  frame.style.cssText = 'width:400px;height:300px;border:0';
  document.body.append(frame);
  frame.contentDocument?.body.append(canvas(300, 200));
  expect(findPicture(document, NONE)).toEqual({ frame });
  const opaque = document.createElement('iframe');
  opaque.sandbox.add('allow-scripts');
  opaque.srcdoc = '<canvas style="width:900px;height:900px"></canvas>';
  const loaded = new Promise((resolve) => opaque.addEventListener('load', resolve));
  document.body.append(opaque);
  await loaded;
  expect(findPicture(document, NONE)).toEqual({ frame });
});
