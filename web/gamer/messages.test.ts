import { describe, expect, it } from 'vitest';
import { volunteer } from '../sdk/test-volunteer-info.ts';
import type { StreamStats } from './client.ts';
import { helpersOf, isSharpened, qualityHint, type Situation, shownQuality, statusOf } from './messages.ts';
import type { Report } from './show.ts';
import { streamStats } from './test-figures.ts';

const COLUMNS: [number[], ...(number | null)[][]] = [[], [], []];
const live = (changes: Partial<StreamStats> = {}): Report => ({
  kind: 'live',
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
  it('names the volunteer that helps, and says why it does', () => {
    expect(statusOf(situation())).toEqual({
      tone: 'good',
      headline: 'brave-otter sharpens your frames.',
      detail: 'Fresher there.',
    });
  });

  it('keeps its headline while only figures move, so that it is not read out again and again', () => {
    const headlines = [58, 60].map((fps) => statusOf(situation({ report: live({ fps, why: `${fps} ms` }) })).headline);
    expect(new Set(headlines).size).toBe(1);
  });

  it('is honest about doing it alone', () => {
    expect(statusOf(situation({ report: live(LOCAL) }))).toMatchObject({
      tone: 'good',
      headline: 'Sharpened on this computer.',
    });
    expect(helpersOf(live(LOCAL), [])).toBe('this computer');
  });

  it('claims no sharpening while frames are shown as they are', () => {
    const report = live({ ...LOCAL, glassToGlassMs: { p50: 0, p95: 0 }, framesUnsharpened: 88, why: 'Getting ready.' });
    expect(statusOf(situation({ report }))).toEqual({
      tone: 'idle',
      headline: 'Getting ready: not sharpened yet.',
      detail: 'Getting ready.',
    });
    expect(helpersOf(report, [])).toBe('–');
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

  it('tells a server that is away from a room that is gone', () => {
    expect(statusOf(situation({ phase: 'reconnecting' })).headline).toContain('reconnecting');
    expect(statusOf(situation({ phase: 'failed' }))).toMatchObject({ tone: 'bad', headline: 'Not connected.' });
  });

  it('tells a stream that has begun from one that has stopped', () => {
    const headline = (framesPresented: number) =>
      statusOf(situation({ report: live({ fps: 0, framesPresented }) })).headline;
    expect(headline(0)).toBe('Waiting for the first frames…');
    expect(headline(1)).toBe('The picture stands still.');
  });

  it('knows a sharp picture that stands still from one that never was sharp', () => {
    expect(isSharpened(live())).toBe(true);
    expect(isSharpened(live({ fps: 0, framesUnsharpened: 3 }))).toBe(true);
    expect(isSharpened(live({ fps: 0, framesPresented: 3, framesUnsharpened: 3 }))).toBe(false);
    expect(isSharpened(live({ fps: 0, framesPresented: 0 }))).toBe(false);
  });

  it('does not promise a picture that will not come', () => {
    expect(statusOf(situation({ report: null })).tone).toBe('busy');
    expect(statusOf(situation({ report: null, isBroken: true })).tone).toBe('bad');
  });

  it('tells who sharpened a picture, even when that one has left', () => {
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
    const report: Report = { kind: 'still', timing, quality: 'spatial', why, width: 4, height: 4 };
    expect(statusOf(situation({ report }))).toMatchObject({ headline: 'Sharpened by brave-otter.', detail: why });
    expect(helpersOf(report, [])).toBe('a volunteer who left');
  });
});

it('names what a picture is made with, and what it should be where that differs', () => {
  expect(shownQuality(live({ quality: 'fast' }), 'quality')).toBe('fast');
  expect(shownQuality(live({ quality: null }), 'quality')).toBe('quality');
  expect(shownQuality(null, 'spatial')).toBe('spatial');
  expect(qualityHint('quality', 'quality')).toBe('with best network');
  expect(qualityHint('fast', 'quality')).toBe('with fast network, not best network');
});
