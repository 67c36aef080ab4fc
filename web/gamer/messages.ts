import type { Quality, StreamQuality, Where } from '../sdk/types.ts';
import { formatPercent, qualityLabel } from '../ui/format.ts';
import type { Tone } from '../ui/layout.tsx';
import type { StreamStats } from './client.ts';
import type { Report } from './renderers.ts';
import type { Phase } from './session.ts';
import { type Extent, extentOf, isEnlarged, sharpeningOf, streamExtent } from './sharpening.ts';

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
  /** With an open link. */
  volunteers: readonly { id: string; name: string }[];
  /** How many more were linked, cannot be reached now, and are tried again. */
  interrupted: number;
}

/** The page's status. The headline changes only with the situation; the detail may change with every figure. */
export function statusOf({ phase, report, where, isBroken, volunteers, interrupted }: Situation): Status {
  if (phase === 'asking') {
    return { tone: 'idle', headline: 'This link leads to someone else’s room. You have not joined it.', detail: '' };
  }
  if (phase === 'connecting') return { tone: 'busy', headline: 'Opening your room…', detail: '' };
  if (phase === 'failed' || phase === 'closed') return { tone: 'bad', headline: 'Not connected.', detail: '' };
  if (isBroken) return { tone: 'bad', headline: 'Nothing is being sharpened.', detail: '' };
  const working = workOf(report, where, volunteers);
  if (interrupted > 0 && volunteers.length === 0) {
    const whom =
      phase === 'reconnecting' ? 'the server and all volunteers' : interrupted > 1 ? 'all volunteers' : 'the volunteer';
    return { tone: 'busy', headline: `Disconnected from ${whom}, trying again.`, detail: working.headline };
  }
  if (phase === 'reconnecting') {
    const meanwhile = volunteers.length > 0 ? ' Linked volunteers carry on.' : '';
    return { tone: 'busy', headline: `The server is unreachable; reconnecting.${meanwhile}`, detail: working.detail };
  }
  if (interrupted === 0) return working;
  return { ...working, detail: `Disconnected from ${interrupted} of the volunteers, trying again. ${working.detail}` };
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
  if (streamExtent(report.stats) === 'none') return '–';
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
    const done = isEnlarged(report.quality) ? 'Enlarged' : 'Sharpened';
    const headline = `${done} by ${whoRan(report.timing.ranOn, volunteers)}.`;
    return { tone: 'good', headline, detail: report.why };
  }
  return workOfStream(report.stats, where, volunteers);
}

function workOfStream(stats: StreamStats, where: Where, volunteers: Situation['volunteers']): Status {
  const { fps, framesPresented, quality, lowered, why } = stats;
  if (fps === 0) {
    const headline = framesPresented === 0 ? 'Waiting for the first frames…' : 'The picture stands still.';
    return { tone: 'busy', headline, detail: why };
  }
  if (quality === null && lowered === 'too-slow') {
    return { tone: 'busy', headline: 'Not sharpened: this computer is too slow for it.', detail: why };
  }
  const { byVolunteers, here } = sharpeningOf(stats);
  const extent = extentOf(byVolunteers + here);
  const helping = sharing(stats, volunteers);
  if (extent === 'none') return { tone: 'idle', headline: whyOnlyEnlarged(stats, where), detail: why };
  if (stats.running === 'volunteers' && helping.length > 0) {
    const names = helping.map(({ volunteerId }) => nameOf(volunteerId, volunteers));
    const headline = helpHeadline(names, extentOf(byVolunteers));
    return { tone: 'good', headline, detail: `Detail ${shareOfFrames(byVolunteers)}. ${why}` };
  }
  if (extent === 'most') return { tone: 'good', headline: 'Sharpened on this computer.', detail: why };
  const detail = `Sharpened here: ${shareOfFrames(here)}. ${why}`;
  return { tone: 'busy', headline: 'Only some frames are sharpened on this computer.', detail };
}

function helpHeadline(names: readonly string[], extent: Extent): string {
  const [name] = names;
  const who = names.length === 1 ? `${name} sharpens` : `${names.length} volunteers sharpen`;
  return extent === 'most' ? `${who} your frames.` : `Enlarged here; ${who} some of the frames.`;
}

function whyOnlyEnlarged({ codec, quality, running }: StreamStats, where: Where): string {
  if (quality !== null && isEnlarged(quality)) return `Only enlarged, with ${qualityLabel(quality)}.`;
  if (running === 'local') return 'Getting ready: not sharpened yet.';
  if (codec !== '') return 'Only enlarged: no detail comes from the volunteer.';
  return where === 'volunteers' ? 'Only enlarged: no volunteer is helping.' : 'Getting ready: not sharpened yet.';
}

/** @param share 0..1 */
function shareOfFrames(share: number): string {
  return `on ${formatPercent(share)} of the frames`;
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
