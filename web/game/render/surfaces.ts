import type { Texture } from 'three';
import type { Random } from '../simulation/numbers.ts';
import { PALETTE, type Painter, paintedTexture, SANS } from './paint.ts';

/** Metres of road that one tile of {@link roadTexture} covers. */
export const ROAD_TILE_M = 16;
/** Metres of barrier that one tile of {@link barrierTexture} covers. */
export const BARRIER_TILE_M = 18;
/** Storeys and window columns on one tile of {@link windowsTexture}. */
export const WINDOW_CELLS = 16;

function speckle(painter: Painter, size: number, count: number, random: Random, colours: readonly string[]): void {
  for (let index = 0; index < count; index++) {
    painter.fillStyle = colours[Math.floor(random() * colours.length)] ?? PALETTE.white;
    painter.globalAlpha = 0.08 + 0.22 * random();
    const grain = 1 + random() * 1.6;
    painter.fillRect(random() * size, random() * size, grain, grain);
  }
  painter.globalAlpha = 1;
}

function hexagons(painter: Painter, size: number, radius: number): void {
  const rowStep = radius * 1.5;
  const columnStep = radius * Math.sqrt(3);
  painter.beginPath();
  for (let row = -1; row * rowStep < size + radius; row++) {
    for (let column = -1; column * columnStep < size + columnStep; column++) {
      const x = (column + (row % 2 === 0 ? 0 : 0.5)) * columnStep;
      const y = row * rowStep;
      for (let corner = 0; corner <= 3; corner++) {
        const angle = (Math.PI / 3) * corner - Math.PI / 6;
        const to = [x + radius * Math.cos(angle), y + radius * Math.sin(angle)] as const;
        if (corner === 0) painter.moveTo(...to);
        else painter.lineTo(...to);
      }
    }
  }
  painter.stroke();
}

/** Asphalt with hexagonal panels, lanes and arrows: across is u, along is v. */
export function roadTexture(random: Random): Texture {
  const size = 512;
  return paintedTexture(
    size,
    size,
    (painter) => {
      painter.fillStyle = PALETTE.asphalt;
      painter.fillRect(0, 0, size, size);
      speckle(painter, size, 9_000, random, ['#3b4160', '#0c0d16', '#565f86', '#11131f']);
      painter.strokeStyle = 'rgb(96 110 170 / 0.28)';
      painter.lineWidth = 1.5;
      hexagons(painter, size, size / 24);
      painter.fillStyle = PALETTE.cyan;
      painter.fillRect(14, 0, 5, size);
      painter.fillStyle = PALETTE.magenta;
      painter.fillRect(size - 19, 0, 5, size);
      painter.fillStyle = 'rgb(244 247 255 / 0.85)';
      for (const lane of [1 / 3, 2 / 3]) painter.fillRect(size * lane - 3, 0, 6, size * 0.42);
      painter.fillStyle = 'rgb(255 180 58 / 0.5)';
      for (let step = 0; step < 16; step++) {
        if (step % 2 === 0) painter.fillRect(26, (step * size) / 16, 12, size / 16);
        else painter.fillRect(size - 38, (step * size) / 16, 12, size / 16);
      }
      chevron(painter, size / 2, size * 0.72, 26, 'rgb(55 230 255 / 0.55)');
      chevron(painter, size / 2, size * 0.8, 26, 'rgb(55 230 255 / 0.3)');
    },
    { anisotropy: 2 },
  );
}

function chevron(painter: Painter, x: number, y: number, reach: number, colour: string): void {
  painter.strokeStyle = colour;
  painter.lineWidth = 7;
  painter.beginPath();
  painter.moveTo(x - reach, y + reach);
  painter.lineTo(x, y);
  painter.lineTo(x + reach, y + reach);
  painter.stroke();
}

/** A plain with a fine and a coarse grid. */
export function groundTexture(random: Random): Texture {
  const size = 256;
  return paintedTexture(size, size, (painter) => {
    painter.fillStyle = PALETTE.ground;
    painter.fillRect(0, 0, size, size);
    speckle(painter, size, 900, random, ['#1d2350', '#05060f']);
    painter.fillStyle = 'rgb(80 70 190 / 0.35)';
    for (let line = 1; line < 4; line++) {
      painter.fillRect((line * size) / 4, 0, 1, size);
      painter.fillRect(0, (line * size) / 4, size, 1);
    }
    painter.fillStyle = 'rgb(255 63 164 / 0.75)';
    painter.fillRect(0, 0, 3, size);
    painter.fillRect(0, 0, size, 3);
  });
}

/** Lit and dark windows with frames. The first texel is wall, for roofs. */
export function windowsTexture(random: Random): Texture {
  const size = 512;
  const cell = size / WINDOW_CELLS;
  const lights = ['#ffd79a', '#ffe9c4', '#9fd8ff', '#ff9ad0', '#7df3ff'];
  return paintedTexture(size, size, (painter) => {
    painter.fillStyle = '#10122a';
    painter.fillRect(0, 0, size, size);
    for (let row = 0; row < WINDOW_CELLS; row++) {
      const isOffice = random() < 0.35;
      for (let column = 0; column < WINDOW_CELLS; column++) {
        const isLit = random() < (isOffice ? 0.75 : 0.32);
        painter.fillStyle = isLit ? (lights[Math.floor(random() * lights.length)] ?? PALETTE.amber) : '#1a1e40';
        painter.globalAlpha = isLit ? 0.55 + 0.45 * random() : 1;
        painter.fillRect(column * cell + 6, row * cell + 7, cell - 12, cell - 15);
        painter.globalAlpha = 1;
        painter.fillStyle = '#10122a';
        painter.fillRect(column * cell + cell / 2 - 1, row * cell + 7, 2, cell - 15);
      }
      painter.fillStyle = '#242a55';
      painter.fillRect(0, row * cell, size, 2);
    }
  });
}

/** Barrier panels with stripes and small print. The top eighth is plain white, for the light strip. */
export function barrierTexture(): Texture {
  const width = 1024;
  const height = 64;
  return paintedTexture(width, height, (painter) => {
    painter.fillStyle = '#232845';
    painter.fillRect(0, 0, width, height);
    painter.fillStyle = PALETTE.white;
    painter.fillRect(0, 0, width, height / 8);
    painter.fillStyle = '#c9d2ff';
    painter.font = `800 34px ${SANS}`;
    painter.textBaseline = 'middle';
    painter.fillText('P2C2R', 30, 38);
    painter.font = `600 15px ${SANS}`;
    painter.fillText('peer to peer · frame by frame', 160, 30);
    painter.fillText('0123456789 sharper together', 160, 49);
    for (let stripe = 0; stripe < 20; stripe++) {
      painter.fillStyle = stripe % 2 === 0 ? PALETTE.amber : PALETTE.ink;
      painter.beginPath();
      painter.moveTo(400 + stripe * 16, height);
      painter.lineTo(416 + stripe * 16, height);
      painter.lineTo(440 + stripe * 16, 10);
      painter.lineTo(424 + stripe * 16, 10);
      painter.fill();
    }
    painter.strokeStyle = PALETTE.cyan;
    painter.lineWidth = 5;
    for (let arrow = 0; arrow < 6; arrow++) {
      painter.beginPath();
      painter.moveTo(800 + arrow * 34, 18);
      painter.lineTo(818 + arrow * 34, 37);
      painter.lineTo(800 + arrow * 34, 56);
      painter.stroke();
    }
  });
}

/** Wire netting, mostly holes. */
export function fenceTexture(): Texture {
  const size = 64;
  return paintedTexture(size, size, (painter) => {
    painter.clearRect(0, 0, size, size);
    painter.strokeStyle = '#c4ceff';
    painter.lineWidth = 4;
    painter.beginPath();
    for (const shift of [-size, 0, size]) {
      painter.moveTo(shift, 0);
      painter.lineTo(shift + size, size);
      painter.moveTo(shift + size, 0);
      painter.lineTo(shift, size);
    }
    painter.stroke();
  });
}

/** White in the middle, transparent at the edge. */
export function glowTexture(): Texture {
  const size = 64;
  return paintedTexture(size, size, (painter) => {
    const gradient = painter.createRadialGradient(size / 2, size / 2, 0, size / 2, size / 2, size / 2);
    gradient.addColorStop(0, 'rgb(255 255 255 / 1)');
    gradient.addColorStop(0.35, 'rgb(255 255 255 / 0.45)');
    gradient.addColorStop(1, 'rgb(255 255 255 / 0)');
    painter.fillStyle = gradient;
    painter.fillRect(0, 0, size, size);
  });
}
