import { signal } from '@preact/signals';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { Report } from '../renderers.ts';
import type { LiveSource, Source } from '../source.ts';
import { streamStats } from '../test-figures.ts';
import { PageSound, whenActive } from './page-sound.ts';
import { rememberedSound } from './remembered-sound.ts';
import type { SourceSound } from './source-sound.ts';

/** A page with a fake output that logs what it is told, and a store that lasts. */
class Bench {
  readonly log: string[] = [];
  readonly source = signal<Source | null>(null);
  readonly report = signal<Report | null>(null);
  readonly kept = new Map<string, string>();
  act = () => {};
  sound = this.page();

  /** A page of its own, as after a reload. */
  page(): PageSound {
    return new PageSound({
      source: this.source,
      report: this.report,
      store: { getItem: (key) => this.kept.get(key) ?? null, setItem: (key, value) => void this.kept.set(key, value) },
      openOutput: () => this.#output(),
      whenActive: (callback) => {
        this.act = callback;
        return () => {};
      },
    });
  }

  show(kind: LiveSource['kind'], sound: Partial<SourceSound> | null = {}): void {
    const heard = sound && {
      connect: () => {
        this.log.push(`connect ${kind}`);
        return () => void this.log.push(`disconnect ${kind}`);
      },
      isPlaying: signal(true),
      standsStill: signal(false),
      ...sound,
    };
    this.source.value = { kind, sound: heard } as unknown as LiveSource;
  }

  /** What was logged since the last call. */
  told(): string[] {
    return this.log.splice(0);
  }

  #output() {
    this.log.push('open');
    return {
      input: {} as AudioNode,
      setVolume: (volume: number) => void this.log.push(`volume ${volume}`),
      follow: (delayMs: number) => void this.log.push(`delay ${delayMs}`),
      run: (isRunning: boolean) => void this.log.push(isRunning ? 'run' : 'suspend'),
      record: () => ({ track: {} as MediaStreamTrack, release: () => void this.log.push('released') }),
      close: () => void this.log.push('close'),
    };
  }
}

const streamReport = (p50: number, hasPicture = true): Report => ({
  ...{ kind: 'stream', capturedFps: 30, size: hasPicture ? { width: 4, height: 2 } : null, before: null },
  ...{ contrastGain: Number.NaN, columns: [[]] },
  stats: { ...streamStats(), glassToGlassMs: { p50, p95: p50 } },
});

let bench = new Bench();
afterEach(() => {
  bench.sound.dispose();
  bench = new Bench();
});

describe('sound on the page', () => {
  it('is off until asked: no audio context is opened by a source, by a gesture, or by a stream', () => {
    bench.show('game');
    bench.report.value = streamReport(40);
    bench.act();
    expect([bench.told(), bench.sound.isOffered.value, bench.sound.isOn.value]).toEqual([[], true, false]);
  });

  it('plays once asked, and is suspended when turned off', () => {
    bench.show('game');
    bench.sound.toggle();
    expect(bench.told()).toEqual(['open', 'connect game', 'run', 'volume 0.6', 'delay 0']);
    bench.sound.toggle();
    expect(bench.told()).toEqual(['disconnect game', 'suspend']);
  });

  it('asked for on an earlier visit it waits for a gesture, since browsers allow none before', () => {
    bench.show('game');
    bench.sound.toggle();
    bench.sound.setVolume(0.25);
    bench.sound.dispose();
    bench.told();
    bench.sound = bench.page();
    expect([bench.told(), bench.sound.isOn.value]).toEqual([[], true]);
    bench.act();
    expect(bench.told()).toEqual(['open', 'connect game', 'run', 'volume 0.25', 'delay 0']);
  });

  it('is suspended while the game is paused or its page hidden', () => {
    const isPlaying = signal(true);
    bench.show('game', { isPlaying });
    bench.sound.toggle();
    bench.told();
    isPlaying.value = false;
    isPlaying.value = true;
    expect(bench.told()).toEqual(['suspend', 'run']);
  });

  it('of a video that hangs on the audio context goes on silently', () => {
    bench.show('video', { standsStill: signal(true) });
    bench.sound.toggle();
    bench.sound.toggle();
    const told = bench.told();
    expect(told).toContain('disconnect video');
    expect(told).not.toContain('suspend');
  });

  it('of a shared tab is on at once, and muting it is not remembered', () => {
    bench.act();
    bench.show('screen');
    expect(bench.told()).toContain('connect screen');
    bench.sound.toggle();
    expect([bench.told()[0], bench.sound.isOn.value]).toEqual(['disconnect screen', false]);
    bench.show('game');
    expect(bench.sound.isOn.value).toBe(false);
    bench.show('screen');
    expect([bench.sound.isOn.value, bench.kept.size]).toEqual([true, 0]);
  });

  it('follows its source to the next one, in one audio context', () => {
    bench.show('game');
    bench.sound.toggle();
    bench.told();
    bench.show('video');
    expect(bench.told()).toEqual(expect.arrayContaining(['disconnect game', 'connect video']));
    bench.show('camera', null);
    expect([bench.told(), bench.sound.isOffered.value]).toEqual([['disconnect video', 'suspend'], false]);
    bench.sound.dispose();
    expect(bench.told()).toEqual(['close']);
  });

  it('is as late as the picture, and not late while the source itself is shown', () => {
    bench.show('game');
    bench.sound.toggle();
    bench.told();
    bench.report.value = streamReport(70, false);
    bench.report.value = streamReport(70);
    // A picture that stands still has no figures: its delay is as it was.
    bench.report.value = streamReport(0);
    bench.report.value = null;
    expect(bench.told()).toEqual(['delay 0', 'delay 70', 'delay 0']);
  });

  it('is recorded while it is on, and then not suspended in the middle', () => {
    bench.show('game');
    expect(bench.sound.record()).toBeNull();
    bench.sound.toggle();
    const recorded = bench.sound.record();
    bench.told();
    bench.sound.toggle();
    expect(bench.told()).not.toContain('suspend');
    recorded?.release();
    expect(bench.told()).toEqual(['released', 'suspend']);
  });

  it('is silent while the game is paused in the middle of a clip, which keeps the audio context running', () => {
    const isPlaying = signal(true);
    bench.show('game', { isPlaying });
    bench.sound.toggle();
    const recorded = bench.sound.record();
    bench.told();
    isPlaying.value = false;
    expect(bench.told()).toEqual(['disconnect game', 'run']);
    isPlaying.value = true;
    expect(bench.told()).toEqual(['connect game', 'run']);
    isPlaying.value = false;
    recorded?.release();
    expect(bench.told()).toContain('suspend');
  });
});

it.each([
  ['{"isOn":true,"volume":0.3,"screen":"here"}', { isOn: true, volume: 0.3, screen: 'here' }],
  ['{"isOn":"yes","volume":7,"screen":"loud"}', { isOn: false, volume: 0.6, screen: 'there' }],
  ['not JSON', { isOn: false, volume: 0.6, screen: 'there' }],
  ['null', { isOn: false, volume: 0.6, screen: 'there' }],
])('what is remembered is checked: %s', (stored, expected) => {
  expect(rememberedSound({ getItem: () => stored, setItem: () => {} })).toEqual(expected);
});

it('a key that allows no sound, such as Escape, does not count as the person doing something', () => {
  const page = new EventTarget();
  const userActivation = { hasBeenActive: false };
  vi.stubGlobal('navigator', { userActivation });
  vi.stubGlobal('addEventListener', page.addEventListener.bind(page));
  const callback = vi.fn();
  whenActive(callback);
  page.dispatchEvent(new Event('keydown'));
  expect(callback).not.toHaveBeenCalled();
  userActivation.hasBeenActive = true;
  page.dispatchEvent(new Event('keydown'));
  page.dispatchEvent(new Event('keydown'));
  expect(callback).toHaveBeenCalledOnce();
  vi.unstubAllGlobals();
});
