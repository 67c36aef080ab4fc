import { describe, expect, it } from 'vitest';
import { volunteer } from '../sdk/test-volunteer-info.ts';
import type { StreamStats } from './client.ts';
import { type SlownessSituation, slownessOf, softerThan } from './slowness.ts';
import { streamReport } from './test-figures.ts';

interface Case extends Partial<Omit<SlownessSituation, 'report'>> {
  stats?: Partial<StreamStats>;
  capturedFps?: number;
}

const SITUATION: SlownessSituation = {
  ...{ report: null, source: 'game', where: 'auto', quality: 'auto', scale: 2 },
  ...{ volunteers: [], isHelpComing: false },
};

function told({ stats = {}, capturedFps = 60, ...changes }: Case = {}) {
  const report = { ...streamReport(stats), capturedFps };
  return slownessOf({ ...SITUATION, report, volunteers: [volunteer()], ...changes });
}

const LOCAL: Partial<StreamStats> = { running: 'local', codec: '', shares: [], localShare: 1, localBackend: 'wasm' };
const TOO_SLOW: Partial<StreamStats> = { ...LOCAL, localShare: 0, quality: null, lowered: 'too-slow' };
const stagesMs = (uplink: number, compute: number) => [
  { name: 'uplink', p50: uplink },
  { name: 'compute', p50: compute },
];

describe('the page says why it is slow, and what to do', () => {
  it('nothing, while the picture is fast and sharp, stands still, or is only starting', () => {
    expect(told()).toBeNull();
    expect(told({ stats: LOCAL, volunteers: [] })).toBeNull();
    expect(told({ stats: { ...TOO_SLOW, fps: 0 } })).toBeNull();
    expect(told({ capturedFps: Number.NaN })).toBeNull();
    expect(slownessOf(SITUATION)).toBeNull();
  });

  it('a processor that cannot sharpen: invite a friend, or make it smaller', () => {
    expect(told({ stats: TOO_SLOW, volunteers: [] })).toEqual({
      cause: 'processor',
      sentence:
        'This computer’s processor is too slow to sharpen the picture, and nobody with a graphics card is here.',
      remedies: ['help', 'smaller'],
    });
    expect(told({ stats: TOO_SLOW, volunteers: [], scale: 1.5 })?.remedies).toEqual(['help']);
  });

  it('a quality that this computer does not keep up with: a softer one is offered too', () => {
    const stats = { ...LOCAL, quality: 'fast', lowered: 'too-slow', localBackend: 'wgsl' } as const;
    expect(told({ stats, quality: 'ultra', volunteers: [] })).toEqual({
      cause: 'own-gpu',
      sentence: 'This computer’s graphics card keeps up with the fast network, not with the ultra network.',
      remedies: ['help', 'smaller', 'softer'],
    });
    // None was chosen, so none was promised.
    expect(told({ stats, volunteers: [] })).toBeNull();
  });

  it('linked volunteers that may not help are offered before anybody new', () => {
    expect(told({ stats: TOO_SLOW, where: 'local' })?.remedies).toEqual(['volunteers', 'smaller']);
  });

  it('only volunteers are wanted and nobody is there: get help, or compute here; not while help is on its way', () => {
    const alone: Case = {
      stats: { running: 'volunteers', codec: '', shares: [] },
      where: 'volunteers',
      volunteers: [],
    };
    expect(told(alone)).toMatchObject({ cause: 'nobody', remedies: ['help', 'here'] });
    expect(told({ ...alone, isHelpComing: true })).toBeNull();
    expect(told({ ...alone, quality: 'bicubic' }), 'volunteers add nothing to it').toBeNull();
    const waiting = { kind: 'image', timing: null, quality: 'spatial', why: '', width: 4, height: 4 } as const;
    expect(slownessOf({ ...SITUATION, where: 'volunteers', report: waiting })?.cause).toBe('nobody');
  });

  it('a slow connection is told from a slow volunteer', () => {
    const late: Partial<StreamStats> = { glassToGlassMs: { p50: 180, p95: 300 } };
    expect(told({ stats: { ...late, stagesMs: stagesMs(130, 20) } })).toEqual({
      cause: 'connection',
      sentence: 'The picture is 180 ms late: the connection to “brave-otter” alone takes 130 ms.',
      remedies: ['smaller', 'here', 'help'],
    });
    expect(told({ stats: { ...late, stagesMs: stagesMs(20, 130) }, quality: 'quality' })).toEqual({
      cause: 'volunteer',
      sentence: 'The picture is 180 ms late: the computer of “brave-otter” is slow at this size and quality.',
      remedies: ['smaller', 'softer', 'here', 'help'],
    });
    const rare = { shares: [{ volunteerId: 'v1', share: 0.2 }], stagesMs: stagesMs(5, 40) };
    expect(told({ stats: rare })?.sentence).toMatch(
      /^Few frames get the detail of “brave-otter” in time: the computer/,
    );
    expect(told({ stats: rare, isHelpComing: true })).toBeNull();
  });

  it('a volunteer that does not keep up with the chosen quality', () => {
    const stats = { quality: 'balanced', lowered: 'too-slow' } as const;
    expect(told({ stats, quality: 'ultra' })).toMatchObject({
      sentence: '“brave-otter” keeps up with the balanced network, not with the ultra network.',
      remedies: ['smaller', 'softer', 'help'],
    });
  });

  it('a game that is drawn too rarely; films and cameras have rates of their own', () => {
    expect(told({ capturedFps: 11, stats: { ...LOCAL, fps: 11 }, volunteers: [] })).toMatchObject({
      cause: 'game',
      sentence: 'This computer draws the game only 11 times a second: it is busy sharpening it.',
      remedies: ['help', 'smaller'],
    });
    expect(told({ capturedFps: 11, stats: { fps: 11 } })?.sentence).toContain('it is busy.');
    expect(told({ capturedFps: 0, stats: { fps: 2 } }), 'hidden, or starting').toBeNull();
    for (const source of ['video', 'screen', 'camera'] as const) {
      expect(told({ source, capturedFps: 11, stats: { fps: 11 } })).toBeNull();
    }
  });

  it('frames that are not shown', () => {
    expect(told({ capturedFps: 60, stats: { fps: 24 } })).toMatchObject({
      cause: 'screen',
      sentence: 'Only 24 of 60 frames a second are shown: this computer is too busy for all of them.',
    });
    expect(told({ capturedFps: 60, stats: { fps: 55 } })).toBeNull();
  });

  it('every advice has a way out that is not in use already', () => {
    const stats = { glassToGlassMs: { p50: 500, p95: 900 }, stagesMs: stagesMs(5, 400) };
    for (const scale of [1.5, 2]) {
      for (const quality of ['auto', 'bilinear', 'ultra'] as const) {
        const remedies = told({ stats, scale, quality })?.remedies ?? [];
        expect(remedies.length).toBeGreaterThan(0);
        expect(remedies.includes('smaller')).toBe(scale > 1.5);
        expect(remedies.includes('softer')).toBe(softerThan(quality) !== null);
      }
    }
  });
});

it('a softer quality is the next cheaper one; machines that choose need none', () => {
  expect(softerThan('ultra')).toBe('quality');
  expect(softerThan('fast')).toBe('spatial');
  expect(softerThan('bicubic')).toBe('bilinear');
  expect([softerThan('bilinear'), softerThan('auto')]).toEqual([null, null]);
});
