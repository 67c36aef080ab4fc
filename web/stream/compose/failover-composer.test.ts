import { expect, test } from 'vitest';
import { MeshError } from '../../../shared/errors.ts';
import type { AppliedDetail, Composer, ComposerName, RawPicture } from './composer.ts';
import { FailoverComposer } from './failover-composer.ts';

/** Its composers look at it only to tell whether it was closed. */
class FakeFrame {
  static open = 0;
  isClosed = false;

  constructor() {
    FakeFrame.open++;
  }

  clone(): FakeFrame {
    return new FakeFrame();
  }

  close(): void {
    if (!this.isClosed) FakeFrame.open--;
    this.isClosed = true;
  }
}

class FakeWay implements Composer {
  readonly name: ComposerName;
  failure: MeshError | null = null;
  isDisposed = false;
  readonly composed: { raw: RawPicture; detail: AppliedDetail | null }[] = [];
  readonly pictures = new Set<RawPicture>();

  constructor(name: ComposerName) {
    this.name = name;
  }

  async load(frame: VideoFrame): Promise<RawPicture> {
    if (this.failure) throw this.failure;
    if ((frame as unknown as FakeFrame).isClosed) throw new MeshError('source-ended', 'closed');
    const picture = { width: 2, height: 2, dispose: () => this.pictures.delete(picture) };
    this.pictures.add(picture);
    return picture;
  }

  async compose(raw: RawPicture, detail: AppliedDetail | null): Promise<void> {
    if (this.failure) throw this.failure;
    expect(this.pictures).toContain(raw);
    if (detail) expect(this.pictures).toContain(detail.of);
    this.composed.push({ raw, detail });
  }

  dispose(): void {
    this.isDisposed = true;
  }
}

const LOST = new MeshError('device-lost', 'lost');
// Nothing is drawn.
const target = {} as OffscreenCanvasRenderingContext2D;

function rig(...names: [ComposerName, ...ComposerName[]]) {
  const [first, ...others] = names.map((name) => new FakeWay(name));
  if (!first) throw new Error('no way');
  const composer = new FailoverComposer([first, ...others]);
  const load = async () => {
    const frame = new FakeFrame();
    const raw = await composer.load(frame as unknown as VideoFrame);
    frame.close();
    return raw;
  };
  return { composer, first, second: others[0] ?? first, load };
}

function detailFor(of: RawPicture): AppliedDetail {
  return { codes: new Uint8Array(4), gain: 4, weight: 1, deadZoneCodes: 1, of };
}

test('when a way fails, the next one composes the same picture with the same detail', async () => {
  const { composer, first, second, load } = rig('webgl', 'wasm');
  const raw = await load();
  await composer.compose(raw, detailFor(raw), target);
  first.failure = LOST;
  await composer.compose(raw, detailFor(raw), target);
  expect(composer.name).toBe('wasm');
  expect([first.isDisposed, first.pictures.size]).toEqual([true, 0]);
  expect(second.composed).toHaveLength(1);
  expect(second.composed[0]?.detail?.of).toBe(second.composed[0]?.raw);
  first.failure = null;
  await composer.compose(await load(), null, target);
  expect(first.composed, 'a way that failed is not tried again').toHaveLength(1);
  composer.dispose();
  expect(FakeFrame.open).toBe(0);
});

test('a way that fails while a frame is loaded is replaced before the frame is closed', async () => {
  const { composer, first, second, load } = rig('webgpu', 'webgl', 'wasm');
  first.failure = LOST;
  const raw = await load();
  expect(second.pictures.size).toBe(1);
  raw.dispose();
  expect(second.pictures.size).toBe(0);
  composer.dispose();
  expect(FakeFrame.open).toBe(0);
});

test('two compositions that fail at the same time give up one way', async () => {
  const { composer, first, second, load } = rig('webgpu', 'webgl', 'wasm');
  const raw = await load();
  first.failure = LOST;
  await Promise.all([composer.compose(raw, null, target), composer.compose(raw, null, target)]);
  expect(composer.name).toBe('webgl');
  expect(second.composed).toHaveLength(2);
  composer.dispose();
  expect(FakeFrame.open).toBe(0);
});

test('few frames stay open for that, none on the processor, and none once a picture is disposed', async () => {
  const { composer, first, load } = rig('webgl', 'wasm');
  const pictures = [];
  for (let n = 0; n < 6; n++) pictures.push(await load());
  expect(FakeFrame.open).toBe(3);
  first.failure = LOST;
  const [oldest, , , , , newest] = pictures;
  if (!oldest || !newest) throw new Error('no picture');
  await expect(composer.compose(oldest, null, target), 'its pixels went with the GPU').rejects.toMatchObject({
    reason: 'closed',
  });
  await composer.compose(newest, detailFor(oldest), target);
  expect(FakeFrame.open).toBe(2);
  for (const raw of pictures) raw.dispose();
  expect(FakeFrame.open).toBe(0);
  await load();
  expect(FakeFrame.open).toBe(0);
  await expect(composer.compose(newest, null, target)).rejects.toMatchObject({ reason: 'bad-input' });
});

test('what the caller did wrong gives up no way, and neither does the last way', async () => {
  const { composer, first, load } = rig('webgl', 'wasm');
  const raw = await load();
  first.failure = MeshError.malformed('detail of another size');
  await expect(composer.compose(raw, null, target)).rejects.toBe(first.failure);
  expect(composer.name).toBe('webgl');
  composer.dispose();
  const alone = rig('wasm');
  alone.first.failure = LOST;
  await expect(alone.load()).rejects.toBe(LOST);
  alone.first.failure = null;
  await alone.composer.compose(await alone.load(), null, target);
  alone.composer.dispose();
  await expect(alone.composer.compose(raw, null, target)).rejects.toMatchObject({ reason: 'closed' });
});
