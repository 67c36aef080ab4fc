import { describe, expect, it } from 'vitest';
import { ManualClock } from '../../shared/manual-clock.ts';
import { Clip, type Recorder } from './clip.ts';

/** A recorder that gives a byte when it stops, and before that one for each frame its encoder has waiting. */
class FakeRecorder implements Recorder {
  readonly mimeType = 'video/webm';
  state: RecordingState = 'inactive';
  stops = 0;
  onstart: Recorder['onstart'] = null;
  ondataavailable: Recorder['ondataavailable'] = null;
  onstop: Recorder['onstop'] = null;
  onerror: Recorder['onerror'] = null;
  waiting = 0;
  #self = this as unknown as MediaRecorder;

  constructor(private readonly bytes = 'x') {}

  start(): void {
    this.state = 'recording';
  }
  requestData(): void {
    if (this.waiting-- > 0) this.#give();
  }
  begin(): void {
    this.onstart?.call(this.#self, new Event('start'));
  }
  stop(): void {
    this.stops++;
    this.state = 'inactive';
    this.#give();
    this.onstop?.call(this.#self, new Event('stop'));
  }
  #give(): void {
    this.ondataavailable?.call(this.#self, { data: new Blob([this.bytes]) } as BlobEvent);
  }
  fail(): void {
    this.state = 'inactive';
    this.onerror?.call(this.#self, new Event('error') as ErrorEvent);
  }
}

function clipOf(recorder: FakeRecorder) {
  const clock = new ManualClock();
  const told: number[] = [];
  const clip = new Clip({ recorder, clock, maxMs: 3_000, onRemaining: (remainingS) => told.push(remainingS) });
  return { clip, clock, told };
}

describe('a clip', () => {
  it('counts down and ends by itself', async () => {
    const recorder = new FakeRecorder();
    const { clip, clock, told } = clipOf(recorder);
    clock.advance(2_999);
    expect(told).toEqual([3, 2, 1]);
    clock.advance(1);
    expect(told).toEqual([3, 2, 1, 0]);
    clock.advance(1_000);
    expect(recorder.stops).toBe(1);
    expect((await clip.finished).type).toBe('video/webm');
    expect(clock.pending).toBe(0);
  });

  it('counts from when the recorder began', () => {
    const recorder = new FakeRecorder();
    const { clock, told } = clipOf(recorder);
    clock.advance(1_500);
    recorder.begin();
    clock.advance(2_999);
    expect(told).not.toContain(0);
    clock.advance(1);
    expect(told.at(-1)).toBe(0);
  });

  it('ends where the page stood still past its time', () => {
    const { clock, told } = clipOf(new FakeRecorder());
    clock.jump(60_000);
    expect(told).toEqual([3, 0]);
  });

  it('waits for an encoder that is behind, but not for ever', async () => {
    const recorder = new FakeRecorder();
    recorder.waiting = 10;
    const { clip, clock } = clipOf(recorder);
    clip.stop();
    clock.advance(2_500);
    expect(recorder.stops).toBe(0);
    clock.advance(1_000);
    expect((await clip.finished).size).toBe(11);

    const endless = new FakeRecorder();
    endless.waiting = Number.POSITIVE_INFINITY;
    const other = clipOf(endless);
    other.clip.stop();
    other.clock.advance(10_000);
    expect(endless.stops).toBe(1);
  });

  it('is stopped by the person, once', async () => {
    const recorder = new FakeRecorder();
    const { clip, clock } = clipOf(recorder);
    clip.stop();
    clip.stop();
    clock.advance(1_000);
    expect(recorder.stops).toBe(1);
    expect((await clip.finished).size).toBe(1);
    expect(clock.pending).toBe(0);
  });

  it.each([
    ['a recorder that failed', (recorder: FakeRecorder) => recorder.fail(), 'x'],
    ['a recording of nothing', (recorder: FakeRecorder) => recorder.stop(), ''],
  ])('tells of %s', async (_what, end, bytes) => {
    const recorder = new FakeRecorder(bytes);
    const { clip, clock } = clipOf(recorder);
    end(recorder);
    await expect(clip.finished).rejects.toMatchObject({ reason: 'unsupported-browser' });
    expect(clock.pending).toBe(0);
  });
});
