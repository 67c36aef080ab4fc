import { expect, test } from 'vitest';
import { volunteer } from '../sdk/test-volunteer-info.ts';
import { frameShares } from './live-hud.tsx';
import { type GamerSituation, gamerStatus, helpersSentence } from './messages.ts';
import { slownessOf } from './slowness.ts';
import { streamReport, streamStats } from './test-figures.ts';

// Protects: whatever a volunteer calls itself, the page's sentences remain the page's.

const VOLUNTEERS = [volunteer({ name: 'Your session ended”, log in at evil.example. Your PC' })];
const QUOTED = "“Your session ended', lo…”";

const SITUATION: GamerSituation = {
  ...{ phase: 'online', report: streamReport(), where: 'volunteers', isBroken: false, isPaused: false },
  ...{ volunteers: VOLUNTEERS, newcomers: [], interrupted: 0, starting: null },
};

function slowness(changes: Parameters<typeof streamReport>[0]) {
  const choices = { source: 'game', where: 'auto', quality: 'ultra', scale: 2, isHelpComing: false } as const;
  return slownessOf({ ...choices, report: streamReport(changes), volunteers: VOLUNTEERS })?.sentence;
}

test('a name that reads like a sentence is short and in quotation marks in every sentence of the gamer page', () => {
  const late = { glassToGlassMs: { p50: 180, p95: 300 } };
  const few = { shares: [{ volunteerId: 'v1', share: 0.2 }] };
  const getsReady = streamReport({ shares: [], quality: null });
  const said = [
    gamerStatus(SITUATION).headline,
    gamerStatus({ ...SITUATION, report: streamReport(few) }).headline,
    gamerStatus({ ...SITUATION, report: getsReady, newcomers: ['v1'] }).headline,
    helpersSentence(streamReport(), VOLUNTEERS),
    frameShares(streamStats(), VOLUNTEERS)[0]?.name,
    slowness({ quality: 'balanced', lowered: 'too-slow' }),
    slowness({ ...late, stagesMs: [{ name: 'uplink', p50: 130 }] }),
    slowness({ ...late, stagesMs: [{ name: 'compute', p50: 130 }] }),
    slowness({ ...few, stagesMs: [{ name: 'compute', p50: 40 }] }),
  ];
  for (const sentence of said) {
    expect(sentence).toContain(QUOTED);
    expect(sentence).not.toContain('evil');
  }
});
