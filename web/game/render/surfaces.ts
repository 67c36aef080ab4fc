import type { Texture } from 'three';
import type { Random } from '../simulation/numbers.ts';
import { type Canvas2D, PALETTE, paintedTexture, SANS } from './paint.ts';

/** Metres of road that one tile of {@link roadTexture} covers. */
export const ROAD_TILE_M = 16;
/** Metres of barrier that one tile of {@link barrierTexture} covers. */
export const BARRIER_TILE_M = 18;
/** Storeys and window columns on one tile of {@link windowsTexture}. */
export const WINDOW_CELLS = 16;

function speckle(context: Canvas2D, size: number, count: number, random: Random, colours: readonly string[]): void {
  for (let index = 0; index < count; index++) {
    context.fillStyle = colours[Math.floor(random() * colours.length)] ?? PALETTE.white;
    context.globalAlpha = 0.08 + 0.22 * random();
    const grain = 1 + random() * 1.6;
    context.fillRect(random() * size, random() * size, grain, grain);
  }
  context.globalAlpha = 1;
}

function hexagons(context: Canvas2D, size: number, radius: number): void {
  const rowStep = radius * 1.5;
  const columnStep = radius * Math.sqrt(3);
  context.beginPath();
  for (let row = -1; row * rowStep < size + radius; row++) {
    for (let column = -1; column * columnStep < size + columnStep; column++) {
      const x = (column + (row % 2 === 0 ? 0 : 0.5)) * columnStep;
      const y = row * rowStep;
      for (let corner = 0; corner <= 3; corner++) {
        const angle = (Math.PI / 3) * corner - Math.PI / 6;
        const to = [x + radius * Math.cos(angle), y + radius * Math.sin(angle)] as const;
        if (corner === 0) context.moveTo(...to);
        else context.lineTo(...to);
      }
    }
  }
  context.stroke();
}

/** Asphalt with hexagonal panels, lanes and arrows: across is u, along is v. */
export function roadTexture(random: Random): Texture {
  const size = 512;
  return paintedTexture(
    size,
    size,
    (context) => {
      context.fillStyle = PALETTE.asphalt;
      context.fillRect(0, 0, size, size);
      speckle(context, size, 9_000, random, ['#3b4160', '#0c0d16', '#565f86', '#11131f']);
      context.strokeStyle = 'rgb(96 110 170 / 0.28)';
      context.lineWidth = 1.5;
      hexagons(context, size, size / 24);
      context.fillStyle = PALETTE.cyan;
      context.fillRect(14, 0, 5, size);
      context.fillStyle = PALETTE.magenta;
      context.fillRect(size - 19, 0, 5, size);
      context.fillStyle = 'rgb(244 247 255 / 0.85)';
      for (const lane of [1 / 3, 2 / 3]) context.fillRect(size * lane - 3, 0, 6, size * 0.42);
      context.fillStyle = 'rgb(255 180 58 / 0.5)';
      for (let step = 0; step < 16; step++) {
        if (step % 2 === 0) context.fillRect(26, (step * size) / 16, 12, size / 16);
        else context.fillRect(size - 38, (step * size) / 16, 12, size / 16);
      }
      chevron(context, size / 2, size * 0.72, 26, 'rgb(55 230 255 / 0.55)');
      chevron(context, size / 2, size * 0.8, 26, 'rgb(55 230 255 / 0.3)');
    },
    { anisotropy: 2 },
  );
}

function chevron(context: Canvas2D, x: number, y: number, reach: number, colour: string): void {
  context.strokeStyle = colour;
  context.lineWidth = 7;
  context.beginPath();
  context.moveTo(x - reach, y + reach);
  context.lineTo(x, y);
  context.lineTo(x + reach, y + reach);
  context.stroke();
}

/** A plain with a fine and a coarse grid. */
export function groundTexture(random: Random): Texture {
  const size = 256;
  return paintedTexture(size, size, (context) => {
    context.fillStyle = PALETTE.ground;
    context.fillRect(0, 0, size, size);
    speckle(context, size, 900, random, ['#1d2350', '#05060f']);
    context.fillStyle = 'rgb(80 70 190 / 0.35)';
    for (let line = 1; line < 4; line++) {
      context.fillRect((line * size) / 4, 0, 1, size);
      context.fillRect(0, (line * size) / 4, size, 1);
    }
    context.fillStyle = 'rgb(255 63 164 / 0.75)';
    context.fillRect(0, 0, 3, size);
    context.fillRect(0, 0, size, 3);
  });
}

/** Lit and dark windows with frames. The first texel is wall, for roofs. */
export function windowsTexture(random: Random): Texture {
  const size = 512;
  const cell = size / WINDOW_CELLS;
  const lights = ['#ffd79a', '#ffe9c4', '#9fd8ff', '#ff9ad0', '#7df3ff'];
  return paintedTexture(size, size, (context) => {
    context.fillStyle = '#10122a';
    context.fillRect(0, 0, size, size);
    for (let row = 0; row < WINDOW_CELLS; row++) {
      const isOffice = random() < 0.35;
      for (let column = 0; column < WINDOW_CELLS; column++) {
        const isLit = random() < (isOffice ? 0.75 : 0.32);
        context.fillStyle = isLit ? (lights[Math.floor(random() * lights.length)] ?? PALETTE.amber) : '#1a1e40';
        context.globalAlpha = isLit ? 0.55 + 0.45 * random() : 1;
        context.fillRect(column * cell + 6, row * cell + 7, cell - 12, cell - 15);
        context.globalAlpha = 1;
        context.fillStyle = '#10122a';
        context.fillRect(column * cell + cell / 2 - 1, row * cell + 7, 2, cell - 15);
      }
      context.fillStyle = '#242a55';
      context.fillRect(0, row * cell, size, 2);
    }
  });
}

/** Barrier panels with stripes and small print. The top eighth is plain white, for the light strip. */
export function barrierTexture(): Texture {
  const width = 1024;
  const height = 64;
  return paintedTexture(width, height, (context) => {
    context.fillStyle = '#232845';
    context.fillRect(0, 0, width, height);
    context.fillStyle = PALETTE.white;
    context.fillRect(0, 0, width, height / 8);
    context.fillStyle = '#c9d2ff';
    context.font = `800 34px ${SANS}`;
    context.textBaseline = 'middle';
    context.fillText('P2C2R', 30, 38);
    context.font = `600 15px ${SANS}`;
    context.fillText('peer to peer · frame by frame', 160, 30);
    context.fillText('0123456789 sharper together', 160, 49);
    for (let stripe = 0; stripe < 20; stripe++) {
      context.fillStyle = stripe % 2 === 0 ? PALETTE.amber : PALETTE.ink;
      context.beginPath();
      context.moveTo(400 + stripe * 16, height);
      context.lineTo(416 + stripe * 16, height);
      context.lineTo(440 + stripe * 16, 10);
      context.lineTo(424 + stripe * 16, 10);
      context.fill();
    }
    context.strokeStyle = PALETTE.cyan;
    context.lineWidth = 5;
    for (let arrow = 0; arrow < 6; arrow++) {
      context.beginPath();
      context.moveTo(800 + arrow * 34, 18);
      context.lineTo(818 + arrow * 34, 37);
      context.lineTo(800 + arrow * 34, 56);
      context.stroke();
    }
  });
}

/** Wire netting, mostly holes. */
export function fenceTexture(): Texture {
  const size = 64;
  return paintedTexture(size, size, (context) => {
    context.clearRect(0, 0, size, size);
    context.strokeStyle = '#c4ceff';
    context.lineWidth = 4;
    context.beginPath();
    for (const shift of [-size, 0, size]) {
      context.moveTo(shift, 0);
      context.lineTo(shift + size, size);
      context.moveTo(shift + size, 0);
      context.lineTo(shift, size);
    }
    context.stroke();
  });
}

/** White in the middle, transparent at the edge. */
export function glowTexture(): Texture {
  const size = 64;
  return paintedTexture(size, size, (context) => {
    const gradient = context.createRadialGradient(size / 2, size / 2, 0, size / 2, size / 2, size / 2);
    gradient.addColorStop(0, 'rgb(255 255 255 / 1)');
    gradient.addColorStop(0.35, 'rgb(255 255 255 / 0.45)');
    gradient.addColorStop(1, 'rgb(255 255 255 / 0)');
    context.fillStyle = gradient;
    context.fillRect(0, 0, size, size);
  });
}
