import { BufferGeometry, DynamicDrawUsage, Float32BufferAttribute, Mesh, MeshBasicMaterial } from 'three';
import { MONO, paintedTexture, type Tint, tint } from './paint.ts';

const FIRST_CHAR = 32;
const COLUMNS = 16;
const ROWS = 4;
const CELL = { width: 32, height: 48 } as const;
const FONT_PX = 40;
/** Advance from letter to letter, as a share of a cell and of the letter's height. */
const ADVANCE = 0.62;
/** Glyphs per frame; text beyond it is left out. */
const MAX_QUADS = 320;
/** An unused character whose cell is filled, for rectangles. */
const BLOCK = 127 - 32;

interface Box {
  x: number;
  y: number;
  width: number;
  height: number;
}

/** Draws text and rectangles in one draw call, from an atlas of the 64 characters from space to underscore. */
export class GlyphBatch {
  readonly object: Mesh;
  readonly #geometry = new BufferGeometry();
  readonly #positions = new Float32BufferAttribute(new Float32Array(MAX_QUADS * 4 * 3), 3);
  readonly #uvs = new Float32BufferAttribute(new Float32Array(MAX_QUADS * 4 * 2), 2);
  readonly #colours = new Float32BufferAttribute(new Float32Array(MAX_QUADS * 4 * 4), 4);
  readonly #tints = new Map<string, Tint>();
  #quads = 0;

  constructor() {
    for (const attribute of [this.#positions, this.#uvs, this.#colours]) attribute.setUsage(DynamicDrawUsage);
    this.#geometry.setAttribute('position', this.#positions);
    this.#geometry.setAttribute('uv', this.#uvs);
    this.#geometry.setAttribute('color', this.#colours);
    this.#geometry.setIndex(
      Array.from({ length: MAX_QUADS }, (_, quad) => [0, 1, 2, 0, 2, 3].map((corner) => quad * 4 + corner)).flat(),
    );
    const material = new MeshBasicMaterial({ map: atlas(), vertexColors: true, transparent: true, depthTest: false });
    this.object = new Mesh(this.#geometry, material);
    this.object.frustumCulled = false;
  }

  clear(): void {
    this.#quads = 0;
  }

  /** @param y - of the baseline, pixels from the bottom */
  text(x: number, y: number, sizePx: number, colour: string, text: string, align: 'left' | 'middle' = 'left'): void {
    const advance = sizePx * ADVANCE;
    const start = Math.round(align === 'middle' ? x - (text.length * advance) / 2 : x);
    const width = (sizePx * CELL.width) / FONT_PX;
    const height = (sizePx * CELL.height) / FONT_PX;
    const dark = this.#tint('#05060f');
    // A shadow keeps it legible on any background.
    for (const [offset, shade] of [[1, dark] as const, [0, this.#tint(colour)] as const]) {
      [...text].forEach((character, index) => {
        if (character === ' ') return;
        const code = character.charCodeAt(0) - FIRST_CHAR;
        const box = { x: start + index * advance + offset, y: y - height * 0.22 - offset, width, height };
        this.#quad(box, code, shade, 1);
      });
    }
  }

  /** @param opacity - 0 to 1. */
  rectangle(x: number, y: number, width: number, height: number, colour: string, opacity = 1): void {
    this.#quad({ x, y, width, height }, BLOCK, this.#tint(colour), opacity);
  }

  /** Uploads the frame's glyphs to the GPU. */
  flush(): void {
    this.#geometry.setDrawRange(0, this.#quads * 6);
    for (const attribute of [this.#positions, this.#uvs, this.#colours]) attribute.needsUpdate = true;
  }

  #tint(colour: string): Tint {
    const known = this.#tints.get(colour);
    if (known) return known;
    const made = tint(colour);
    this.#tints.set(colour, made);
    return made;
  }

  #quad({ x, y, width, height }: Box, code: number, colour: Tint, opacity: number): void {
    if (this.#quads >= MAX_QUADS) return;
    const first = this.#quads++ * 4;
    const { left, right, bottom, top } = cellPatch(code);
    const corners = [
      [x, y, left, bottom],
      [x + width, y, right, bottom],
      [x + width, y + height, right, top],
      [x, y + height, left, top],
    ] as const;
    corners.forEach(([atX, atY, u, v], index) => {
      this.#positions.setXYZ(first + index, atX, atY, 0);
      this.#uvs.setXY(first + index, u, v);
      this.#colours.setXYZW(first + index, ...colour, opacity);
    });
  }
}

function cellPatch(code: number) {
  if (code === BLOCK) {
    // The middle of the last row's filled half, away from any letter.
    const v = 0.5 / (ROWS + 1);
    return { left: 0.5, right: 0.5, bottom: v, top: v };
  }
  const left = (code % COLUMNS) / COLUMNS;
  const top = 1 - Math.floor(code / COLUMNS) / (ROWS + 1);
  return { left, right: left + 1 / COLUMNS, bottom: top - 1 / (ROWS + 1), top };
}

function atlas() {
  return paintedTexture(COLUMNS * CELL.width, (ROWS + 1) * CELL.height, (context) => {
    context.fillStyle = '#fff';
    context.font = `700 ${FONT_PX}px ${MONO}`;
    for (let code = 0; code < COLUMNS * ROWS; code++) {
      const x = (code % COLUMNS) * CELL.width + 2;
      const y = Math.floor(code / COLUMNS) * CELL.height + CELL.height * 0.78;
      context.fillText(String.fromCharCode(FIRST_CHAR + code), x, y);
    }
    context.fillRect(0, ROWS * CELL.height + 4, COLUMNS * CELL.width, CELL.height - 8);
  });
}
