import type { Texture } from 'three';
import type { Patch } from './mesh-builder.ts';
import { type Canvas2D, MONO, PALETTE, paintedTexture, SANS } from './paint.ts';

const SIZE = 1024;
const SIGN = { width: 512, height: 256 } as const;
const BANNER_HEIGHT = 128;

function patchOf(x: number, y: number, width: number, height: number): Patch {
  return { left: x / SIZE, right: (x + width) / SIZE, top: 1 - y / SIZE, bottom: 1 - (y + height) / SIZE };
}

/** Six signs with an aspect ratio of 2:1. */
export const SIGN_PATCHES: readonly Patch[] = Array.from({ length: 6 }, (_, index) =>
  patchOf((index % 2) * SIGN.width, Math.floor(index / 2) * SIGN.height, SIGN.width, SIGN.height),
);
/** Two banners with an aspect ratio of 8:1: for the start line, and for the other gantries. */
export const BANNER_PATCHES: readonly [Patch, Patch] = [
  patchOf(0, SIZE - 2 * BANNER_HEIGHT, SIZE, BANNER_HEIGHT),
  patchOf(0, SIZE - BANNER_HEIGHT, SIZE, BANNER_HEIGHT),
];

/** Paints the signs. They are eye tests on purpose: letters, gratings and small print that only a sharp picture shows. */
export function signAtlas(): Texture {
  const signs = [eyeChart, siemensStar, smallPrint, turnArrows, resolutions, rings];
  return paintedTexture(SIZE, SIZE, (context) => {
    signs.forEach((draw, index) => {
      context.save();
      context.translate((index % 2) * SIGN.width, Math.floor(index / 2) * SIGN.height);
      draw(context);
      context.restore();
    });
    context.translate(0, SIZE - 2 * BANNER_HEIGHT);
    startBanner(context);
    context.translate(0, BANNER_HEIGHT);
    banner(context);
  });
}

function board(context: Canvas2D, fill: string, frame: string): void {
  context.fillStyle = fill;
  context.fillRect(0, 0, SIGN.width, SIGN.height);
  context.strokeStyle = frame;
  context.lineWidth = 10;
  context.strokeRect(7, 7, SIGN.width - 14, SIGN.height - 14);
  context.textAlign = 'center';
  context.textBaseline = 'middle';
}

function text(context: Canvas2D, content: string, x: number, y: number, font: string, colour: string): void {
  context.font = font;
  context.fillStyle = colour;
  context.fillText(content, x, y);
}

function eyeChart(context: Canvas2D): void {
  board(context, PALETTE.white, PALETTE.ink);
  const rows = [
    ['E', 76, 52],
    ['F P T', 54, 112],
    ['O Z L P E', 38, 160],
    ['D E F P O T E C', 26, 196],
    ['L E F O D P C T F Z', 17, 222],
  ] as const;
  for (const [letters, size, y] of rows) text(context, letters, 256, y, `800 ${size}px ${MONO}`, PALETTE.ink);
}

function siemensStar(context: Canvas2D): void {
  board(context, PALETTE.white, PALETTE.magenta);
  context.fillStyle = PALETTE.ink;
  const spokes = 24;
  for (let spoke = 0; spoke < spokes; spoke++) {
    context.beginPath();
    context.moveTo(140, 128);
    context.arc(140, 128, 104, (spoke * 2 * Math.PI) / spokes, ((spoke * 2 + 1) * Math.PI) / spokes);
    context.fill();
  }
  [12, 8, 6, 4, 3].forEach((period, block) => {
    for (let x = 0; x < 200; x += period * 2) context.fillRect(272 + x, 26 + block * 42, period, 34);
  });
}

function smallPrint(context: Canvas2D): void {
  board(context, '#0d1030', PALETTE.cyan);
  text(context, 'SPEED TRAP', 256, 58, `800 62px ${SANS}`, PALETTE.cyan);
  const lines = [
    'By reading this at 200 km/h you agree that every',
    'pixel counts, that a friend with a spare GPU is a',
    'friend indeed, and that your eyes are on the road.',
    'No frames were harmed. Offer ends at the horizon.',
  ];
  lines.forEach((line, index) => {
    text(context, line, 256, 118 + index * 31, `500 18px ${SANS}`, PALETTE.white);
  });
}

function turnArrows(context: Canvas2D): void {
  board(context, PALETTE.amber, PALETTE.ink);
  context.strokeStyle = PALETTE.ink;
  context.lineWidth = 34;
  for (let arrow = 0; arrow < 4; arrow++) {
    context.beginPath();
    context.moveTo(90 + arrow * 105, 44);
    context.lineTo(150 + arrow * 105, 128);
    context.lineTo(90 + arrow * 105, 212);
    context.stroke();
  }
}

function resolutions(context: Canvas2D): void {
  board(context, '#2a0b3d', PALETTE.magenta);
  text(context, 'P2C2R', 256, 82, `900 108px ${SANS}`, PALETTE.white);
  text(context, '640×360 ▸ 1280×720', 256, 164, `700 40px ${MONO}`, PALETTE.lime);
  text(context, 'somebody else’s graphics card', 256, 214, `500 26px ${SANS}`, PALETTE.cyan);
}

function rings(context: Canvas2D): void {
  board(context, '#06141d', PALETTE.lime);
  for (let ring = 0; ring < 16; ring++) {
    context.strokeStyle = ring % 2 === 0 ? PALETTE.lime : PALETTE.white;
    context.lineWidth = 1 + ring * 0.22;
    context.beginPath();
    context.arc(132, 128, 6 + ring * 6.2, 0, 2 * Math.PI);
    context.stroke();
  }
  for (let row = 0; row < 12; row++) {
    for (let column = 0; column < 12; column++) {
      context.fillStyle = (row + column) % 2 === 0 ? PALETTE.white : PALETTE.ink;
      context.fillRect(270 + column * 17, 26 + row * 17, 17, 17);
    }
  }
}

function startBanner(context: Canvas2D): void {
  const square = BANNER_HEIGHT / 4;
  for (let row = 0; row < 4; row++) {
    for (let column = 0; column < SIZE / square; column++) {
      context.fillStyle = (row + column) % 2 === 0 ? PALETTE.white : PALETTE.ink;
      context.fillRect(column * square, row * square, square, square);
    }
  }
  context.fillStyle = PALETTE.ink;
  context.fillRect(212, 14, 600, BANNER_HEIGHT - 28);
  context.textAlign = 'center';
  context.textBaseline = 'middle';
  text(context, 'START · FINISH', 512, 66, `900 72px ${SANS}`, PALETTE.white);
}

function banner(context: Canvas2D): void {
  context.fillStyle = '#10153a';
  context.fillRect(0, 0, SIZE, BANNER_HEIGHT);
  context.fillStyle = PALETTE.cyan;
  context.fillRect(0, 0, SIZE, 5);
  context.fillRect(0, BANNER_HEIGHT - 5, SIZE, 5);
  text(context, '▸▸ NEON MILE ◂◂', 330, 66, `900 62px ${SANS}`, PALETTE.white);
  text(context, 'borrowed pixels, paid in smiles', 800, 46, `600 24px ${SANS}`, PALETTE.amber);
  text(context, '38 m/s · 58 m/s · 82 m/s', 800, 86, `600 24px ${MONO}`, PALETTE.lime);
}
