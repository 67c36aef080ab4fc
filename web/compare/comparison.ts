import { signal } from '@preact/signals';
import { MeshError } from '../../shared/errors.ts';
import { QUALITIES, type Quality } from '../../shared/tasks/upscale.ts';
import { fsr1, type OwnPicture, rcas } from '../compute/reference/fsr1.ts';
import { doubledByFilter } from '../compute/reference/upscale.ts';
import { pageDiagnostics } from '../sdk/diagnostics.ts';
import type { GamerClient } from '../sdk/p2c2r.ts';
import type { Choice } from '../ui/fields.tsx';
import { imageDataOf, loadScene, readPicture, type SceneName, type Subject } from './scenes.ts';
import { type Similarity, similarityTo } from './similarity.ts';
import { WHOLE } from './viewport.ts';

/** The part of a client that the page uses. Tests replace it with a fake. */
export type Client = Pick<GamerClient, 'state' | 'submitTask' | 'close'> & { diagnostics(): Promise<object> };

/** The state of one method's picture. */
export type Tile =
  | { kind: 'working' }
  | { kind: 'failed'; error: MeshError }
  | { kind: 'done'; image: ImageData; similarity: Similarity | null; work: Work | null };

/** Where and how long a picture was computed. */
export interface Work {
  backend: string;
  computeMs: number;
}

export type Tiles = Partial<Record<Method, Tile>>;

interface Options {
  connect: () => Promise<Client>;
  load?: typeof loadScene;
}

/** A first run includes one-time set-up. A run quicker than this is repeated, to time it without. */
const RERUN_BELOW_MS = 1_000;

/** Enlarges one picture at a time by every method that this browser supports. */
export class Comparison {
  readonly subject = signal<Subject | null>(null);
  /** The scene that is being loaded or drawn, which may take seconds without a GPU. */
  readonly opening = signal<SceneName | null>(null);
  readonly tiles = signal<Tiles>({});
  /** Why there is no picture, or why networks are missing. */
  readonly error = signal<MeshError | null>(null);
  readonly view = signal(WHOLE);
  readonly left = signal<Method>('bicubic');
  readonly right = signal<Method>('quality');
  readonly splitPercent = signal(50);
  readonly #options: Options;
  #client: Promise<Client> | null = null;
  #run = new AbortController();

  constructor(options: Options) {
    this.#options = options;
  }

  start(): Promise<void> {
    return this.chooseScene('wire');
  }

  chooseScene(name: SceneName): Promise<void> {
    const { load = loadScene } = this.#options;
    return this.#choose((ending) => load(name, ending), name);
  }

  chooseFile(file: File): Promise<void> {
    return this.#choose(() => openFile(file));
  }

  /** Tries again after a failure. */
  async retry(): Promise<void> {
    const subject = this.subject.value;
    await (subject ? this.#choose(async () => subject) : this.start());
  }

  /** A report for diagnosing a problem. */
  async diagnose(): Promise<object> {
    const client = await this.#client?.catch(() => null);
    return client ? client.diagnostics() : pageDiagnostics();
  }

  async close(): Promise<void> {
    this.#run.abort();
    const client = await this.#client?.catch(() => null);
    await client?.close();
  }

  async #choose(open: (ending: AbortSignal) => Promise<Subject>, scene: SceneName | null = null): Promise<void> {
    this.#run.abort();
    this.#run = new AbortController();
    const { signal: ending } = this.#run;
    this.error.value = null;
    this.opening.value = scene;
    try {
      const subject = await open(ending).finally(() => {
        if (!ending.aborted) this.opening.value = null;
      });
      if (!ending.aborted) await this.#compare(subject, ending);
    } catch (cause) {
      if (!ending.aborted) this.error.value = MeshError.from(cause);
    }
  }

  async #compare(subject: Subject, ending: AbortSignal): Promise<void> {
    const { small, reference, temporal } = subject;
    const similarityOf = reference && similarityTo(reference);
    const done = (image: ImageData, work: Work | null): Tile => ({
      kind: 'done',
      image,
      work,
      similarity: similarityOf?.(image) ?? null,
    });
    const waiting = [...QUALITIES, ...FORMULAS].map((method) => [method, { kind: 'working' }] as const);
    this.subject.value = subject;
    this.view.value = WHOLE;
    this.tiles.value = {
      ...Object.fromEntries(waiting),
      small: { kind: 'done', image: nearestNeighbour(small), similarity: null, work: null },
      ...(temporal && { taau: done(temporal, null) }),
      ...(reference && { truth: { kind: 'done', image: reference, similarity: null, work: null } }),
    };
    if (!(this.right.value in this.tiles.value)) this.right.value = 'quality';
    if (!(this.left.value in this.tiles.value)) this.left.value = 'bicubic';
    // Lets the browser draw the new state first.
    await new Promise(requestAnimationFrame);
    for (const method of FORMULAS) this.#put(method, done(imageDataOf(byFormula[method](small)), null), ending);
    const client = await this.#connected().catch((cause: unknown) => MeshError.from(cause, 'connection-failed'));
    if (client instanceof MeshError && !ending.aborted) this.error.value = client;
    for (const quality of QUALITIES) {
      if (ending.aborted) return;
      const made = client instanceof MeshError ? Promise.reject(client) : upscaled(client, small, quality, ending);
      const tile = await made.then(
        ({ image, ...spent }) => done(image, spent),
        (cause: unknown): Tile => ({ kind: 'failed', error: MeshError.from(cause) }),
      );
      this.#put(quality, tile, ending);
    }
  }

  async #connected(): Promise<Client> {
    const known = await this.#client?.catch(() => null);
    // The server may have ended the session.
    if (known && known.state !== 'closed') return known;
    this.#client = this.#options.connect();
    return this.#client;
  }

  #put(method: Method, tile: Tile, ending: AbortSignal): void {
    if (!ending.aborted) this.tiles.value = { ...this.tiles.value, [method]: tile };
  }
}

async function upscaled(
  client: Client,
  image: ImageData,
  quality: Quality,
  ending: AbortSignal,
): Promise<Work & { image: ImageData }> {
  const run = async () => {
    const options = { where: 'local', cache: false, signal: ending } as const;
    const { image: made, timing } = await client.submitTask('upscale', { image, scale: 2, quality }, options).result;
    return { image: made, backend: timing.backend, computeMs: timing.computeMs };
  };
  const first = await run();
  return first.computeMs < RERUN_BELOW_MS ? run() : first;
}

/** Every pixel as a square of 2 x 2, so that it lines up with the other pictures. */
function nearestNeighbour({ width, height, data }: ImageData): ImageData {
  const made = new ImageData(width * 2, height * 2);
  const from = new Uint32Array(data.buffer);
  const to = new Uint32Array(made.data.buffer);
  for (let i = 0; i < to.length; i++) {
    const y = Math.floor(i / made.width);
    to[i] = from[(y >> 1) * width + ((i % made.width) >> 1)] ?? 0;
  }
  return made;
}

async function openFile(file: File): Promise<Subject> {
  const { pixels, width, height } = await readPicture(file).catch((cause: unknown) => {
    throw new MeshError('bad-input', `This browser cannot read “${file.name}”. Try PNG, JPEG or WebP.`, { cause });
  });
  const isWhole = pixels.width === width && pixels.height === height;
  const note = isWhole
    ? `${width} × ${height} pixels`
    : `the central ${pixels.width} × ${pixels.height} of its ${width} × ${height} pixels`;
  return { title: file.name, small: pixels, reference: null, temporal: null, scene: null, note };
}

/** What web games use instead of a network: by formulas of our own code, in the page. */
const FORMULAS = ['sharpened', 'fsr1'] as const;

export type Method = 'small' | Quality | (typeof FORMULAS)[number] | 'taau' | 'truth';

const byFormula: Record<(typeof FORMULAS)[number], (small: ImageData) => OwnPicture> = {
  sharpened: (small) => rcas(doubledByFilter(small, 'bilinear')),
  fsr1,
};

/** In the order of the page. */
export const METHODS: readonly (Choice<Method> & { about: string })[] = [
  { value: 'small', label: 'Small picture', about: 'every pixel as a square' },
  { value: 'bilinear', label: 'Bilinear', about: 'as browsers do' },
  { value: 'bicubic', label: 'Bicubic', about: 'as image editors do' },
  { value: 'sharpened', label: 'Sharpened', about: 'bilinear, then AMD’s RCAS, as many web games do' },
  { value: 'fsr1', label: 'FSR 1', about: 'AMD’s formula, as in three.js' },
  { value: 'taau', label: 'TAAU', about: 'many frames of a game along their motion, as in three.js' },
  { value: 'spatial', label: 'Spatial', about: 'a formula that follows edges' },
  { value: 'fast', label: 'Fast', about: 'our smallest network' },
  { value: 'balanced', label: 'Balanced', about: 'our middle network' },
  { value: 'quality', label: 'Quality', about: 'our large network' },
  { value: 'ultra', label: 'Ultra', about: 'our largest network, for graphics cards' },
  { value: 'truth', label: 'Reference', about: 'what the game renders at twice the size, antialiased' },
];

export function labelOf(method: Method): string {
  return METHODS.find(({ value }) => value === method)?.label ?? method;
}
