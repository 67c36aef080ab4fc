import { afterEach, beforeEach, expect, onTestFinished, test, vi } from 'vitest';
import { MeshError } from '../../../shared/errors.ts';
import type { FrameStream, StreamOptions, StreamStats } from '../frame-stream.ts';
import { type Attachment, type AttachOptions, attach } from './attachment.ts';

/** A stream whose frames are shown in time, sharpened by a volunteer. */
class GoodStream {
  readonly canvas = Object.assign(document.createElement('canvas'), { width: 320, height: 180 });
  readonly changes: StreamOptions[] = [];
  isClosed = false;
  #frames = 0;
  /** What differs from a good stream. */
  now: Partial<StreamStats> = {};

  stats(): StreamStats {
    this.#frames += 5;
    const stats: Partial<StreamStats> = {
      ...{
        framesCaptured: this.#frames,
        framesDropped: {},
        framesPresented: this.#frames,
        quality: 'fast',
        reasons: [],
        localShare: 1,
        gainDb: null,
      },
      ...{ shares: [], glassToGlassMs: { p50: 20, p95: 30 } },
      ...this.now,
    };
    return stats as StreamStats;
  }

  set(changes: StreamOptions): void {
    this.changes.push(changes);
  }

  async close(): Promise<void> {
    this.isClosed = true;
  }
}

let game: HTMLCanvasElement;
let opened: { stream: GoodStream; options: StreamOptions }[];
let attachments: Attachment[];
let failure: MeshError | null;
let volunteers: { id: string }[];
let volunteersChanged: () => void;
let clockStoppedAtMs: number | null;

beforeEach(() => {
  document.body.innerHTML =
    '<main><canvas id="game" width="160" height="90" style="width: 320px; height: 180px"></canvas></main>';
  game = document.querySelector('#game') as HTMLCanvasElement;
  [opened, attachments, volunteers, failure, clockStoppedAtMs] = [[], [], [], null, null];
});

afterEach(async () => {
  await Promise.all(attachments.map((attachment) => attachment.detach()));
  document.body.replaceChildren();
});

async function attachTo(
  element: HTMLCanvasElement | HTMLVideoElement,
  options: AttachOptions = {},
): Promise<Attachment> {
  const attachment = await attach(
    {
      openStream: async (_, streamOptions) => {
        if (failure) throw failure;
        const stream = new GoodStream();
        opened.push({ stream, options: streamOptions });
        return stream as unknown as FrameStream;
      },
      volunteers: () => volunteers,
      onVolunteersChanged: (listener) => {
        volunteersChanged = listener;
        return () => {};
      },
      // Nothing here depends on how long a second is.
      now: () => clockStoppedAtMs ?? 30 * performance.now(),
      onDetached: () => {},
    },
    element,
    options,
  );
  attachments.push(attachment);
  return attachment;
}

const overlays = () => document.querySelectorAll('p2c2r-overlay').length;

test('a better picture is shown, said so, and hidden when it becomes worse', async () => {
  const attachment = await attachTo(game);
  const told: string[] = [];
  attachment.addEventListener('shown', () => told.push(attachment.shown.why));
  expect(attachment.shown.is).toBe(false);
  await expect.poll(() => attachment.shown.is).toBe(true);
  expect(told.at(-1)).toBe('The sharpened picture is shown.');
  const [first] = opened;
  if (first) first.stream.now = { glassToGlassMs: { p50: 400, p95: 400 } };
  await expect.poll(() => attachment.shown).toEqual({ is: false, why: 'The sharpened picture comes 400 ms late.' });
});

test('detaching leaves no trace: not in the page, not on the element, not on the stream', async () => {
  const before = document.documentElement.outerHTML;
  const attachment = await attachTo(game, { renderScale: 0.5, resize: (size) => Object.assign(game, size) });
  await expect.poll(() => attachment.shown.is).toBe(true);
  expect(document.documentElement.outerHTML).not.toBe(before);
  await attachment.detach();
  expect(document.documentElement.outerHTML).toBe(before);
  expect(opened[0]?.stream.isClosed).toBe(true);
  // Free for another one.
  await attachTo(game);
});

test('a picture that is detached is not shown any more, and says so', async () => {
  const attachment = await attachTo(game);
  await expect.poll(() => attachment.shown.is).toBe(true);
  const told: boolean[] = [];
  attachment.addEventListener('shown', () => told.push(attachment.shown.is));
  await attachment.detach();
  expect(attachment.shown).toEqual({ is: false, why: 'The sharpened picture was removed.' });
  expect(told).toEqual([false]);
});

test('an element has one sharpened picture at a time, also while the first is being opened', async () => {
  const first = attachTo(game);
  await expect(attachTo(game)).rejects.toMatchObject({
    reason: 'bad-input',
    message: /has a sharpened picture already/,
  });
  await first;
});

test('an element that cannot be captured is as it was before, and may be tried again', async () => {
  failure = MeshError.badInput('This element cannot be captured.');
  const options = { renderScale: 0.5, resize: (size: object) => Object.assign(game, size) };
  await expect(attachTo(game, options)).rejects.toBe(failure);
  expect([game.width, overlays()]).toEqual([160, 0]);
  failure = null;
  await attachTo(game);
});

test.each([
  ['renderScale without anybody to tell', { renderScale: 0.5 }, 'whom to tell'],
  ['an impossible renderScale', { renderScale: 2 }, 'renderScale must be a number from 0.25 to 1'],
  ['an impossible delay', { maxDelayMs: -1 }, 'maxDelayMs'],
])('%s is refused in words', async (_, options, message) => {
  await expect(attachTo(game, options)).rejects.toThrow(message);
});

test('an element of a frame is refused, and it is said what to do', async () => {
  const frame = document.createElement('iframe');
  document.body.append(frame);
  const inside = frame.contentDocument?.createElement('canvas');
  await expect(attachTo(inside as HTMLCanvasElement)).rejects.toThrow('load the SDK in that frame');
  await expect(attachTo(document.body as unknown as HTMLCanvasElement)).rejects.toThrow('Pass a canvas or a video');
});

test('a game that is drawn smaller keeps its size on the page, and its stream makes up for it', async () => {
  game.removeAttribute('style');
  Object.assign(game, { width: 400, height: 200 });
  await attachTo(game, { renderScale: 0.4, resize: (size) => Object.assign(game, size) });
  expect([game.width, game.height, game.clientWidth, game.clientHeight]).toEqual([160, 80, 400, 200]);
  expect(opened[0]?.options.scale).toBe(2.5);
  expect(opened[0]?.options).not.toHaveProperty('renderScale');
});

test('a game that is not laid out yet is resized once it is, to sizes that exist', async () => {
  game.style.display = 'none';
  const sizes: [number, number][] = [];
  const resize = ({ width, height }: { width: number; height: number }) => {
    sizes.push([width, height]);
    Object.assign(game, { width, height });
  };
  const attachment = await attachTo(game, { renderScale: 0.5, resize });
  expect(sizes).toEqual([]);
  game.style.display = '';
  await expect.poll(() => sizes.at(-1)).toEqual([80, 45]);
  game.style.display = 'none';
  await attachment.detach();
  expect(sizes.at(-1)).toEqual([160, 90]);
});

test('a game that its page makes large again is told once more', async () => {
  const engine = {
    ratio: 1,
    getPixelRatio: () => engine.ratio,
    setPixelRatio: (ratio: number) => {
      engine.ratio = ratio;
    },
  };
  await attachTo(game, { renderScale: 0.5, renderer: engine });
  expect(engine.ratio).toBe(0.5);
  engine.setPixelRatio(2);
  await expect.poll(() => engine.ratio).toBe(1);
  await Promise.all(attachments.map((attachment) => attachment.detach()));
  expect(engine.ratio).toBe(2);
});

test('where no sharpened picture comes, the game is drawn in full, until there is another volunteer', async () => {
  const attachment = await attachTo(game, { renderScale: 0.5, resize: (size) => Object.assign(game, size) });
  const [first] = opened;
  if (first) first.stream.now = { quality: null, localShare: 0 };
  expect(game.width).toBe(80);
  await expect.poll(() => attachment.shown.why).toContain('drawn in its full size for now');
  // The next trial is not due before the test has looked.
  clockStoppedAtMs = 30 * performance.now();
  expect(game.width).toBe(160);
  volunteersChanged();
  if (first) first.stream.now = {};
  await new Promise((resolve) => setTimeout(resolve, 100));
  expect(game.width).toBe(160);
  clockStoppedAtMs = null;
  volunteers = [{ id: 'new' }];
  volunteersChanged();
  await expect.poll(() => game.width).toBe(80);
  await expect.poll(() => attachment.shown.is).toBe(true);
});

test.each<[string, (stream: GoodStream) => void]>([
  ['a style of the page', () => game.style.setProperty('opacity', '0.99')],
  [
    'a stream that does not run any more',
    (stream) => {
      const last = stream.stats();
      stream.stats = () => last;
    },
  ],
])('where %s stays in the way, the game is drawn in full', async (_, hinder) => {
  const attachment = await attachTo(game, { renderScale: 0.5, resize: (size) => Object.assign(game, size) });
  await expect.poll(() => attachment.shown.is).toBe(true);
  expect(game.width).toBe(80);
  if (opened[0]) hinder(opened[0].stream);
  await expect.poll(() => game.width).toBe(160);
});

test('out of sight no frame is followed and the stream is slowed down, and back in sight it is there again', async () => {
  const attachment = await attachTo(game);
  await expect.poll(() => attachment.shown.is).toBe(true);
  document.body.style.height = '9000px';
  window.scrollTo(0, 5_000);
  await expect.poll(() => attachment.shown.why).toBe('The element is out of sight.');
  expect(opened[0]?.stream.changes.at(-1)).toEqual({ maxFps: 1 });
  const asked = vi.spyOn(window, 'requestAnimationFrame');
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(asked).not.toHaveBeenCalled();
  asked.mockRestore();
  window.scrollTo(0, 0);
  await expect.poll(() => attachment.shown.is).toBe(true);
  expect(opened[0]?.stream.changes.at(-1)).toEqual({ maxFps: 60 });
  document.body.removeAttribute('style');
});

test('attached in a hidden tab, the stream is slow until the tab is seen', async () => {
  const hidden = vi.spyOn(document, 'hidden', 'get').mockReturnValue(true);
  onTestFinished(() => hidden.mockRestore());
  const attachment = await attachTo(game);
  expect(attachment.shown.why).toBe('The element is out of sight.');
  expect(opened[0]?.stream.changes).toEqual([{ maxFps: 1 }]);
  hidden.mockRestore();
  document.dispatchEvent(new Event('visibilitychange'));
  await expect.poll(() => attachment.shown.is).toBe(true);
  expect(opened[0]?.stream.changes.at(-1)).toEqual({ maxFps: 60 });
});

test('a stream that is opened anew out of sight is slow too', async () => {
  const { video } = await playingVideo();
  const attachment = await attachTo(video);
  await expect.poll(() => attachment.shown.is).toBe(true);
  document.body.style.height = '9000px';
  onTestFinished(() => document.body.removeAttribute('style'));
  window.scrollTo(0, 5_000);
  await expect.poll(() => attachment.shown.why).toBe('The element is out of sight.');
  video.dispatchEvent(new Event('ended'));
  video.dispatchEvent(new Event('play'));
  await expect.poll(() => opened[1]?.stream.changes).toEqual([{ maxFps: 1 }]);
});

test('an element that is taken out of the page has no picture until it is back', async () => {
  const attachment = await attachTo(game);
  await expect.poll(() => attachment.shown.is).toBe(true);
  game.remove();
  await expect.poll(() => attachment.shown.why).toBe('The element is not in the page.');
  expect(overlays()).toBe(0);
  document.querySelector('main')?.append(game);
  await expect.poll(() => attachment.shown.is).toBe(true);
});

test('a stream that does not answer any more is not shown', async () => {
  const attachment = await attachTo(game);
  await expect.poll(() => attachment.shown.is).toBe(true);
  const [first] = opened;
  const last = first?.stream.stats();
  if (first && last) first.stream.stats = () => last;
  await expect.poll(() => attachment.shown.why).toBe('The stream does not run any more.');
});

/** A video of the page that plays what a canvas draws. */
async function playingVideo(): Promise<{ video: HTMLVideoElement; newSource(): MediaStream }> {
  const video = document.createElement('video');
  Object.assign(video, { muted: true, width: 320, height: 180 });
  const source = Object.assign(document.createElement('canvas'), { width: 160, height: 90 });
  const draw = setInterval(() => source.getContext('2d')?.fillRect(0, 0, 9, 9), 30);
  onTestFinished(() => clearInterval(draw));
  document.body.append(video);
  video.srcObject = source.captureStream();
  await video.play();
  await expect.poll(() => video.videoWidth).toBe(160);
  return { video, newSource: () => source.captureStream() };
}

test('a video keeps its controls, and gets another stream with another source', async () => {
  const { video, newSource } = await playingVideo();
  const attachment = await attachTo(video);
  await expect.poll(() => attachment.shown.is).toBe(true);
  video.controls = true;
  const why = () => {
    video.dispatchEvent(new PointerEvent('pointermove'));
    return attachment.shown.why;
  };
  await expect.poll(why).toBe('The video shows its controls.');
  video.controls = false;
  video.srcObject = newSource();
  await video.play();
  await expect.poll(() => opened.length).toBe(2);
  expect(opened[0]?.stream.isClosed).toBe(true);
  expect(attachment.stream).toBe(opened[1]?.stream);
  await expect.poll(() => attachment.shown.is).toBe(true);
  failure = MeshError.badInput('This element cannot be captured.');
  video.srcObject = newSource();
  await expect.poll(() => attachment.shown).toEqual({ is: false, why: 'This element cannot be captured.' });
});

test('a video shows its own last picture when it has ended, and gets another stream when it is played again', async () => {
  const { video } = await playingVideo();
  const attachment = await attachTo(video);
  await expect.poll(() => attachment.shown.is).toBe(true);
  for (const [replays, type] of ['play', 'seeked'].entries()) {
    video.dispatchEvent(new Event('ended'));
    // The stream is as good as before: its last picture would stay for good.
    await expect.poll(() => attachment.shown).toEqual({ is: false, why: 'The video has ended.' });
    expect(opened).toHaveLength(replays + 1);
    video.dispatchEvent(new Event(type));
    await expect.poll(() => opened.length).toBe(replays + 2);
    expect(opened[replays]?.stream.isClosed).toBe(true);
    await expect.poll(() => attachment.shown.is).toBe(true);
    expect(attachment.stream).toBe(opened[replays + 1]?.stream);
  }
});
