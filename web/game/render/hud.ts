import { BufferGeometry, Float32BufferAttribute, LineBasicMaterial, LineLoop, OrthographicCamera, Scene } from 'three';
import type { Race } from '../simulation/race.ts';
import { CRAFT_COLOURS } from './craft-mesh.ts';
import { GlyphBatch } from './glyph-batch.ts';
import { PALETTE } from './paint.ts';

const MAP_POINTS = 128;
const MAP = { size: 84, margin: 14 } as const;
const KMH = 3.6;
const PANEL_OPACITY = 0.55;

/** Score, lap, speed and a map, drawn over the picture in two draw calls. */
export class Hud {
  readonly scene = new Scene();
  readonly camera: OrthographicCamera;
  readonly #glyphs = new GlyphBatch();
  readonly #width: number;
  readonly #height: number;
  readonly #isCalm: boolean;
  readonly #toMap: (point: { x: number; z: number }) => { x: number; y: number };

  constructor(race: Race, width: number, height: number, isCalm: boolean) {
    this.#width = width;
    this.#height = height;
    this.#isCalm = isCalm;
    this.camera = new OrthographicCamera(0, width, height, 0, -1, 1);
    const outline = Array.from({ length: MAP_POINTS }, (_, index) =>
      race.track.at((index / MAP_POINTS) * race.track.lengthM),
    );
    const reachM = Math.max(...outline.map(({ x, z }) => Math.max(Math.abs(x), Math.abs(z))));
    const perM = MAP.size / 2 / reachM;
    const middle = { x: width - MAP.margin - MAP.size / 2, y: height - MAP.margin - MAP.size / 2 };
    this.#toMap = ({ x, z }) => ({ x: middle.x + x * perM, y: middle.y - z * perM });
    const line = new BufferGeometry();
    const positions = outline.flatMap((point) => {
      const { x, y } = this.#toMap(point);
      return [x, y, 0];
    });
    line.setAttribute('position', new Float32BufferAttribute(positions, 3));
    const map = new LineLoop(line, new LineBasicMaterial({ color: PALETTE.white }));
    this.scene.add(map, this.#glyphs.object);
  }

  update(race: Race): void {
    const glyphs = this.#glyphs;
    const { player } = race;
    glyphs.clear();
    glyphs.rectangle(6, this.#height - 72, 176, 66, PALETTE.ink, PANEL_OPACITY);
    glyphs.rectangle(this.#width - 130, 8, 124, 48, PALETTE.ink, PANEL_OPACITY);
    if (!race.playing) glyphs.rectangle(this.#width / 2 - 188, 18, 376, 44, PALETTE.ink, PANEL_OPACITY);
    glyphs.text(12, this.#height - 30, 20, PALETTE.white, String(race.score).padStart(6, '0'));
    glyphs.text(
      12,
      this.#height - 48,
      12,
      PALETTE.amber,
      `X${race.multiplier}  LAP ${race.lap}  P${race.place}/${race.rivals.length + 1}`,
    );
    const times = race.lastLapS === null ? '' : `  LAST ${race.lastLapS.toFixed(2)}`;
    glyphs.text(12, this.#height - 64, 11, PALETTE.cyan, `${race.lapTimeS.toFixed(2)}${times}`);
    const kmh = String(Math.round(player.speedMps * KMH)).padStart(3, ' ');
    glyphs.text(this.#width - 122, 26, 30, player.boosting ? PALETTE.cyan : PALETTE.white, kmh);
    glyphs.text(this.#width - 60, 27, 13, PALETTE.white, 'KM/H');
    this.#bar(this.#width - 122, 14, 108, player.energy, PALETTE.cyan);
    for (const [index, craft] of [...race.rivals, player].entries()) {
      const { x, y } = this.#toMap(race.track.at(craft.distanceM));
      const isPlayer = craft === player;
      const half = isPlayer ? 3.5 : 2;
      glyphs.rectangle(
        x - half,
        y - half,
        2 * half,
        2 * half,
        CRAFT_COLOURS[isPlayer ? 0 : index + 1] ?? PALETTE.white,
      );
    }
    if (!race.playing) this.#invite(race);
    glyphs.flush();
  }

  #bar(x: number, y: number, width: number, share: number, colour: string): void {
    const parts = 18;
    const partWidth = width / parts;
    for (let part = 0; part < parts; part++) {
      const isLit = part < Math.round(share * parts);
      this.#glyphs.rectangle(x + part * partWidth, y, partWidth - 2, 6, isLit ? colour : '#2a3052');
    }
  }

  #invite(race: Race): void {
    const middle = this.#width / 2;
    const isShown = this.#isCalm || race.timeS % 1.6 < 1.1;
    if (isShown) this.#glyphs.text(middle, 44, 15, PALETTE.white, 'PRESS AN ARROW KEY OR TOUCH TO DRIVE', 'middle');
    this.#glyphs.text(middle, 26, 11, PALETTE.cyan, 'SPACE: BOOST   DOWN: BRAKE', 'middle');
    if (race.bestScore > 0)
      this.#glyphs.text(middle, this.#height - 28, 13, PALETTE.lime, `BEST ${race.bestScore}`, 'middle');
  }
}
