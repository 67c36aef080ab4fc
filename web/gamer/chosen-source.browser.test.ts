import { afterEach, describe, expect, it, vi } from 'vitest';
import { openCaptured } from './chosen-source.ts';

/** A fake shared window. */
class FakeWindow {
  readonly #canvas = Object.assign(document.createElement('canvas'), { width: 64, height: 36 });
  readonly #timer = setInterval(() => this.#draw(), 30);
  readonly track: MediaStreamTrack;

  constructor() {
    this.#draw();
    const [track] = this.#canvas.captureStream().getVideoTracks();
    if (!track) throw new Error('no track');
    this.track = track;
  }

  resize(width: number, height: number): void {
    Object.assign(this.#canvas, { width, height });
  }

  dispose(): void {
    clearInterval(this.#timer);
    this.track.stop();
  }

  #draw(): void {
    const context = this.#canvas.getContext('2d');
    if (!context) return;
    context.fillStyle = `hsl(${performance.now() % 360} 90% 50%)`;
    context.fillRect(0, 0, this.#canvas.width, this.#canvas.height);
  }
}

describe('a captured track as a source', () => {
  let shared: FakeWindow;
  afterEach(() => shared.dispose());

  it('follows the size of the shared window, and stops the track when disposed', async () => {
    shared = new FakeWindow();
    const { track } = shared;
    const source = openCaptured({ kind: 'screen', track }, { onError: () => {} });
    expect(source.frames).toBe(track);
    await vi.waitFor(() => expect(source.size.value).toEqual({ width: 64, height: 36 }), 20_000);
    shared.resize(80, 20);
    await vi.waitFor(() => expect(source.size.value).toEqual({ width: 80, height: 20 }), 20_000);
    source.dispose();
    expect(track.readyState).toBe('ended');
  });

  it('reports an end from outside, but not its own disposal', () => {
    shared = new FakeWindow();
    const onError = vi.fn();
    const source = openCaptured({ kind: 'camera', track: shared.track }, { onError });
    shared.track.dispatchEvent(new Event('ended'));
    expect(onError.mock.calls).toMatchObject([[{ reason: 'source-ended' }]]);
    source.dispose();
    shared.track.dispatchEvent(new Event('ended'));
    expect(onError).toHaveBeenCalledTimes(1);
  });
});
