import { describe, expect, it } from 'vitest';
import { volunteer } from '../sdk/test-volunteer-info.ts';
import type { StreamStats } from './client.ts';
import { helpersOf, qualityHint, type Situation, statusOf } from './messages.ts';
import { isSharpened, type Report, shownQuality } from './renderers.ts';
import { streamStats } from './test-figures.ts';

const COLUMNS: [number[], ...(number | null)[][]] = [[], [], []];
const live = (changes: Partial<StreamStats> = {}): Report => ({
  kind: 'stream',
  stats: streamStats(changes),
  capturedFps: 60,
  size: null,
  columns: COLUMNS,
});
const LOCAL: Partial<StreamStats> = { running: 'local', shares: [], why: 'No volunteer is ready yet.' };
const situation = (changes: Partial<Situation> = {}): Situation => ({
  phase: 'online',
  report: live(),
  where: 'auto',
  isBroken: false,
  volunteers: [volunteer()],
  ...changes,
});

describe('the status of the gamer page', () => {
  it('names the volunteer that helps, and says why', () => {
    expect(statusOf(situation())).toEqual({
      tone: 'good',
      headline: 'brave-otter sharpens your frames.',
      detail: 'Fresher there.',
    });
  });

  it('keeps its headline while only figures change, so that screen readers do not repeat it', () => {
    const headlines = [58, 60].map((fps) => statusOf(situation({ report: live({ fps, why: `${fps} ms` }) })).headline);
    expect(new Set(headlines).size).toBe(1);
  });

  it('says when this computer does the work', () => {
    expect(statusOf(situation({ report: live(LOCAL) }))).toMatchObject({
      tone: 'good',
      headline: 'Sharpened on this computer.',
    });
    expect(helpersOf(live(LOCAL), [])).toBe('this computer');
  });

  it('does not claim sharpening while frames are shown unsharpened', () => {
    const report = live({ ...LOCAL, glassToGlassMs: { p50: 0, p95: 0 }, framesUnsharpened: 88, why: 'Getting ready.' });
    expect(statusOf(situation({ report }))).toEqual({
      tone: 'idle',
      headline: 'Getting ready: not sharpened yet.',
      detail: 'Getting ready.',
    });
    expect(helpersOf(report, [])).toBe('–');
  });

  it('says that frames are not sharpened where this computer is too slow, even just after some were', () => {
    const report = live({ ...LOCAL, quality: null, lowered: 'too-slow', why: 'Too slow.' });
    expect(statusOf(situation({ report, volunteers: [] }))).toEqual({
      tone: 'busy',
      headline: 'Not sharpened: this computer is too slow for it.',
      detail: 'Too slow.',
    });
  });

  it('no longer names a volunteer that has left or paused', () => {
    expect(helpersOf(live(), [])).toBe('–');
    expect(helpersOf(live({ running: 'local' }), [volunteer()])).toBe('this computer');
  });

  it('waits for a volunteer where only volunteers are wanted', () => {
    expect(statusOf(situation({ report: live(LOCAL), where: 'volunteers' }))).toMatchObject({
      tone: 'busy',
      headline: 'No volunteer is helping right now.',
      detail: 'No volunteer is ready yet.',
    });
  });

  it('distinguishes an unreachable server from a failed room', () => {
    expect(statusOf(situation({ phase: 'reconnecting' })).headline).toContain('reconnecting');
    expect(statusOf(situation({ phase: 'failed' }))).toMatchObject({ tone: 'bad', headline: 'Not connected.' });
  });

  it('distinguishes a stream that is starting from one that has stopped', () => {
    const headline = (framesPresented: number) =>
      statusOf(situation({ report: live({ fps: 0, framesPresented }) })).headline;
    expect(headline(0)).toBe('Waiting for the first frames…');
    expect(headline(1)).toBe('The picture stands still.');
  });

  it('distinguishes a sharpened still picture from one that never was sharpened', () => {
    expect(isSharpened(live())).toBe(true);
    expect(isSharpened(live({ fps: 0, framesUnsharpened: 3 }))).toBe(true);
    expect(isSharpened(live({ fps: 0, framesPresented: 3, framesUnsharpened: 3 }))).toBe(false);
    expect(isSharpened(live({ fps: 0, framesPresented: 0 }))).toBe(false);
  });

  it('says when no picture will come', () => {
    expect(statusOf(situation({ report: null })).tone).toBe('busy');
    expect(statusOf(situation({ report: null, isBroken: true })).tone).toBe('bad');
  });

  it('says who sharpened a picture, even when the volunteer has left', () => {
    const timing = {
      totalMs: 9,
      queueMs: 1,
      sendMs: 2,
      computeMs: 4,
      receiveMs: 2,
      ranOn: 'v1',
      backend: 'wgsl',
      attempts: 1,
    };
    const why = 'The best network is not available there.';
    const report: Report = { kind: 'image', timing, quality: 'spatial', why, width: 4, height: 4 };
    expect(statusOf(situation({ report }))).toMatchObject({ headline: 'Sharpened by brave-otter.', detail: why });
    expect(helpersOf(report, [])).toBe('a volunteer who left');
  });
});

it('names the quality in use, and the chosen one when it differs', () => {
  expect(shownQuality(live({ quality: 'fast' }))).toBe('fast');
  expect(shownQuality(live({ quality: null }))).toBeNull();
  expect(shownQuality(null)).toBeNull();
  expect(qualityHint('quality', 'quality')).toBe('with best network');
  expect(qualityHint('fast', 'quality')).toBe('with fast network, not best network');
  expect(qualityHint('fast', 'auto')).toBe('with fast network');
});
