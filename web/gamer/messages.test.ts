import { describe, expect, it } from 'vitest';
import { volunteer } from '../sdk/test-volunteer-info.ts';
import type { StreamStats } from './client.ts';
import { type GamerSituation, gamerStatus, helpersSentence, qualityHint } from './messages.ts';
import type { Report } from './renderers.ts';
import { streamReport as live } from './test-figures.ts';

const LOCAL: Partial<Omit<StreamStats, 'why'>> = {
  running: 'local',
  codec: '',
  shares: [],
  localShare: 1,
  reasons: [{ kind: 'here-meanwhile', text: 'No volunteer is ready yet.' }],
};
const ENLARGED: typeof LOCAL = { ...LOCAL, localShare: 0, quality: null };
const situation = (changes: Partial<GamerSituation> = {}): GamerSituation => ({
  phase: 'online',
  report: live(),
  where: 'auto',
  isBroken: false,
  isPaused: false,
  volunteers: [volunteer()],
  newcomers: [],
  interrupted: 0,
  starting: null,
  ...changes,
});

describe('the status of the gamer page', () => {
  it('names the volunteer that helps, and says on how many frames, and why', () => {
    expect(gamerStatus(situation())).toEqual({
      tone: 'good',
      headline: '“brave-otter” sharpens your frames.',
      detail: 'Detail on 98 % of the frames. Fresher there.',
    });
  });

  it('does not claim more than the volunteer’s share where most frames come without detail', () => {
    const report = live({ shares: [{ volunteerId: 'v1', share: 0.12 }] });
    expect(gamerStatus(situation({ report }))).toMatchObject({
      headline: 'Enlarged here; “brave-otter” sharpens some of the frames.',
      detail: 'Detail on 12 % of the frames. Fresher there.',
    });
    expect(gamerStatus(situation({ report: live({ shares: [] }) }))).toMatchObject({
      tone: 'idle',
      headline: 'Only enlarged: no detail comes from the volunteer.',
    });
    expect(helpersSentence(live({ shares: [] }), [volunteer()])).toBe('–');
  });

  it('says that frames are only enlarged where a filter does no more, whoever runs it', () => {
    for (const changes of [{ quality: 'bicubic' }, { ...LOCAL, quality: 'bilinear' }] as const) {
      const report = live(changes);
      expect(gamerStatus(situation({ report })).headline).toMatch(
        /^Only enlarged, with the bi(cubic|linear) filter\.$/,
      );
      expect(helpersSentence(report, [volunteer()])).toBe('–');
    }
  });

  it('keeps its headline while only figures change, so that screen readers do not repeat it', () => {
    const headlines = [58, 60].map((fps) => {
      const report = live({ fps, reasons: [{ kind: 'helping', text: `${fps} ms` }] });
      return gamerStatus(situation({ report })).headline;
    });
    expect(new Set(headlines).size).toBe(1);
  });

  it('says that a volunteer cannot be reached and is tried again, beside what happens meanwhile', () => {
    const report = live(LOCAL);
    expect(gamerStatus(situation({ report, volunteers: [], interrupted: 1 }))).toEqual({
      tone: 'busy',
      headline: 'Disconnected from the volunteer, trying again.',
      detail: 'Sharpened on this computer.',
    });
    const all = { report, volunteers: [], interrupted: 2 };
    expect(gamerStatus(situation(all)).headline).toBe('Disconnected from all volunteers, trying again.');
    expect(gamerStatus(situation({ ...all, phase: 'reconnecting' })).headline).toContain(
      'the server and all volunteers',
    );
    expect(gamerStatus(situation({ interrupted: 1 }))).toMatchObject({
      headline: '“brave-otter” sharpens your frames.',
      detail: expect.stringMatching(/^Disconnected from 1 of the volunteers, trying again\. Detail on/),
    });
  });

  it('says when this computer does the work', () => {
    expect(gamerStatus(situation({ report: live(LOCAL) }))).toMatchObject({
      tone: 'good',
      headline: 'Sharpened on this computer.',
    });
    expect(helpersSentence(live(LOCAL), [])).toBe('this computer');
  });

  it('does not claim sharpening while frames are only enlarged, or most of them are', () => {
    const report = live({ ...ENLARGED, reasons: [{ kind: 'measuring', text: 'Getting ready.' }] });
    expect(gamerStatus(situation({ report }))).toEqual({
      tone: 'idle',
      headline: 'Getting ready: not sharpened yet.',
      detail: 'Getting ready.',
    });
    expect(helpersSentence(report, [])).toBe('–');
    expect(gamerStatus(situation({ report: live({ ...LOCAL, localShare: 0.3 }) }))).toMatchObject({
      headline: 'Only some frames are sharpened on this computer.',
      detail: 'Sharpened here: on 30 % of the frames. No volunteer is ready yet.',
    });
  });

  it('says that frames are not sharpened where this computer is too slow, even just after some were', () => {
    const reasons = [{ kind: 'too-slow', text: 'Too slow.' }] as const;
    const report = live({ ...LOCAL, localShare: 0.2, quality: null, lowered: 'too-slow', reasons });
    expect(gamerStatus(situation({ report, volunteers: [] }))).toEqual({
      tone: 'busy',
      headline: 'Not sharpened: this computer is too slow for it.',
      detail: 'Too slow.',
    });
  });

  it('no longer names a volunteer that has left or paused', () => {
    expect(helpersSentence(live(), [])).toBe('–');
    expect(helpersSentence(live({ ...LOCAL }), [volunteer()])).toBe('this computer');
  });

  it('says that the picture is only enlarged where only volunteers are wanted and none is there', () => {
    const report = live({ ...ENLARGED, running: 'volunteers' });
    expect(gamerStatus(situation({ report, where: 'volunteers' }))).toMatchObject({
      tone: 'idle',
      headline: 'Only enlarged: no volunteer is helping.',
      detail: expect.stringContaining('paused'),
    });
    expect(gamerStatus(situation({ report, where: 'volunteers', volunteers: [] })).detail).toBe('');
  });

  it('says that a volunteer’s window measures itself, and later that it gets ready, not that nobody helps', () => {
    const report = live({ ...ENLARGED, running: 'volunteers' });
    const measuring = { report, where: 'volunteers', volunteers: [], starting: 'measuring' } as const;
    expect(gamerStatus(situation(measuring))).toEqual({
      tone: 'busy',
      headline: 'A volunteer’s window is measuring its machine…',
      detail: 'It helps as soon as it is done. Until then the picture is only enlarged.',
    });
    expect(gamerStatus(situation({ ...measuring, starting: 'opening' })).headline, 'it may have been blocked').toBe(
      'Opening a volunteer’s window…',
    );
    const linked = { report, where: 'volunteers', newcomers: ['v1'] } as const;
    expect(gamerStatus(situation(linked)).headline).toBe('“brave-otter” is getting ready to help.');
    expect(gamerStatus(situation({ report: live(LOCAL), volunteers: [], starting: 'measuring' }))).toMatchObject({
      headline: 'Sharpened on this computer.',
      detail: expect.stringMatching(/^A volunteer’s window is measuring/),
    });
    const still: Report = { kind: 'image', timing: null, quality: 'spatial', why: '', width: 4, height: 4 };
    expect(gamerStatus(situation({ ...measuring, report: still })).headline).toContain('is measuring its machine');
  });

  it('says that the game is paused and how to go on, whatever the frames say', () => {
    expect(gamerStatus(situation({ report: live({ fps: 0 }), isPaused: true }))).toEqual({
      tone: 'idle',
      headline: 'The game is paused.',
      detail: 'Press P or “Resume” to play.',
    });
  });

  it('distinguishes an unreachable server from a failed room', () => {
    expect(gamerStatus(situation({ phase: 'reconnecting' })).headline).toContain('reconnecting');
    expect(gamerStatus(situation({ phase: 'failed' }))).toMatchObject({ tone: 'bad', headline: 'Not connected.' });
  });

  it('distinguishes a stream that is starting from one that has stopped', () => {
    const headline = (framesPresented: number) =>
      gamerStatus(situation({ report: live({ fps: 0, framesPresented }) })).headline;
    expect(headline(0)).toBe('Waiting for the first frames…');
    expect(headline(1)).toBe('The picture stands still.');
  });

  it('says when no picture will come', () => {
    expect(gamerStatus(situation({ report: null })).tone).toBe('busy');
    expect(gamerStatus(situation({ report: null, isBroken: true })).tone).toBe('bad');
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
    const why = 'The quality network is not available there.';
    const report: Report = { kind: 'image', timing, quality: 'spatial', why, width: 4, height: 4 };
    expect(gamerStatus(situation({ report }))).toMatchObject({ headline: 'Sharpened by “brave-otter”.', detail: why });
    expect(helpersSentence(report, [])).toBe('a volunteer who left');
    expect(gamerStatus(situation({ report: { ...report, quality: 'bicubic' } })).headline).toBe(
      'Enlarged by “brave-otter”.',
    );
  });
});

it('names the quality in use, and the chosen one when it differs', () => {
  expect(qualityHint('quality', 'quality')).toBe('with the quality network');
  expect(qualityHint('fast', 'quality')).toBe('with the fast network, not the quality network');
  expect(qualityHint('fast', 'auto')).toBe('with the fast network');
});
