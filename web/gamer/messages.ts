import type { Quality, StreamQuality, Where } from '../sdk/types.ts';
import { qualityLabel } from '../ui/format.ts';
import type { Tone } from '../ui/layout.tsx';
import type { StreamStats } from './client.ts';
import { isSharpening, type Report } from './renderers.ts';
import type { Phase } from './session.ts';

export interface Status {
  tone: Tone;
  headline: string;
  detail: string;
}

export interface Situation {
  phase: Phase;
  report: Report | null;
  where: Where;
  /** The source or its stream has failed. */
  isBroken: boolean;
  volunteers: readonly { id: string; name: string }[];
}

/** The page's status. The headline changes only with the situation; the detail may change with every figure. */
export function statusOf({ phase, report, where, isBroken, volunteers }: Situation): Status {
  if (phase === 'asking') {
    return { tone: 'idle', headline: 'This link leads to someone else’s room. You have not joined it.', detail: '' };
  }
  if (phase === 'connecting') return { tone: 'busy', headline: 'Opening your room…', detail: '' };
  if (phase === 'failed' || phase === 'closed') return { tone: 'bad', headline: 'Not connected.', detail: '' };
  if (isBroken) return { tone: 'bad', headline: 'Nothing is being sharpened.', detail: '' };
  const working = workOf(report, where, volunteers);
  if (phase === 'reconnecting') {
    const meanwhile = volunteers.length > 0 ? ' Linked volunteers carry on.' : '';
    return { tone: 'busy', headline: `The server is unreachable; reconnecting.${meanwhile}`, detail: working.detail };
  }
  return working;
}

/** The quality in use, and the chosen one when one was chosen and it differs. */
export function qualityHint(shown: Quality, chosen: StreamQuality): string {
  const hint = `with ${qualityLabel(shown)}`;
  return chosen === 'auto' || shown === chosen ? hint : `${hint}, not ${qualityLabel(chosen)}`;
}

/** Who sharpens, as a list of names; a dash for nobody. */
export function helpersOf(report: Report | null, volunteers: Situation['volunteers']): string {
  if (!report) return '–';
  if (report.kind === 'image') return report.timing ? whoRan(report.timing.ranOn, volunteers) : '–';
  if (!isSharpening(report.stats)) return '–';
  // A volunteer that has just paused still has a share of the last frames.
  if (report.stats.running === 'local') return 'this computer';
  const helping = sharing(report.stats, volunteers);
  if (helping.length === 0) return '–';
  return helping.map(({ volunteerId }) => nameOf(volunteerId, volunteers)).join(', ');
}

function workOf(report: Report | null, where: Where, volunteers: Situation['volunteers']): Status {
  if (!report) return { tone: 'busy', headline: 'Starting the picture…', detail: '' };
  if (report.kind === 'image') {
    if (!report.timing) return { tone: 'busy', headline: waitingFor(where, volunteers), detail: '' };
    const headline = `Sharpened by ${whoRan(report.timing.ranOn, volunteers)}.`;
    return { tone: 'good', headline, detail: report.why };
  }
  const { stats } = report;
  if (stats.fps === 0) {
    const headline = stats.framesPresented === 0 ? 'Waiting for the first frames…' : 'The picture stands still.';
    return { tone: 'busy', headline, detail: stats.why };
  }
  if (stats.quality === null && stats.lowered === 'too-slow') {
    return { tone: 'busy', headline: 'Not sharpened: this computer is too slow for it.', detail: stats.why };
  }
  if (!isSharpening(stats)) return { tone: 'idle', headline: 'Getting ready: not sharpened yet.', detail: stats.why };
  const helping = sharing(stats, volunteers);
  if (stats.running === 'volunteers' && helping.length > 0) {
    const who =
      helping.length === 1 ? `${helpersOf(report, volunteers)} sharpens` : `${helping.length} volunteers sharpen`;
    return { tone: 'good', headline: `${who} your frames.`, detail: stats.why };
  }
  if (where !== 'volunteers') return { tone: 'good', headline: 'Sharpened on this computer.', detail: stats.why };
  const headline =
    stats.running === 'volunteers' ? 'Waiting for a volunteer’s first frame.' : 'No volunteer is helping right now.';
  return { tone: 'busy', headline, detail: stats.why };
}

function waitingFor(where: Where, volunteers: Situation['volunteers']): string {
  if (where !== 'volunteers') return 'Sharpening…';
  return volunteers.length > 0 ? 'A volunteer is sharpening it…' : 'Waiting for a volunteer to sharpen it…';
}

function whoRan(ranOn: string, volunteers: Situation['volunteers']): string {
  if (ranOn === 'local') return 'this computer';
  return ranOn === 'cache' ? 'this computer’s cache' : nameOf(ranOn, volunteers);
}

/** The volunteer's name, or a placeholder for one that has left. */
export function nameOf(id: string, volunteers: Situation['volunteers']): string {
  return volunteers.find((volunteer) => volunteer.id === id)?.name ?? 'a volunteer who left';
}

/** The shares of volunteers that are still linked. */
function sharing({ shares }: StreamStats, volunteers: Situation['volunteers']): StreamStats['shares'] {
  return shares.filter(({ volunteerId, share }) => share > 0 && volunteers.some(({ id }) => id === volunteerId));
}
