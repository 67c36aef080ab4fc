import { quotedName } from '../../shared/quoting.ts';
import type { Quality, StreamQuality, StreamReason, StreamReasonKind, Where } from '../sdk/types.ts';
import { formatPercent } from '../ui/format.ts';
import { qualityWithArticle } from '../ui/labels.ts';
import type { Tone } from '../ui/layout.tsx';
import type { StartingWindow } from '../ui/starting-windows.ts';
import type { StreamStats } from './client.ts';
import type { Report } from './renderers.ts';
import type { Phase } from './session.ts';
import { type Extent, extentOf, isEnlarged, sharpeningOf, streamExtent } from './sharpening.ts';

export interface Status {
  tone: Tone;
  headline: string;
  detail: string;
}

export interface GamerSituation {
  phase: Phase;
  /** The person has paused the game. */
  isPaused: boolean;
  report: Report | null;
  where: Where;
  /** The source or its stream has failed. */
  isBroken: boolean;
  /** With an open link. */
  volunteers: readonly { id: string; name: string }[];
  /** The ids of those of them that were linked just now and have not helped yet. */
  newcomers: readonly string[];
  /** How many more were linked, cannot be reached now, and are tried again. */
  interrupted: number;
  /** A volunteer's window in this browser opens, or measures this machine, and joins after that. */
  starting: StartingWindow | null;
}

/** The page's status. The headline changes only with the situation; the detail may change with every figure, and never contradicts it. */
export function gamerStatus(situation: GamerSituation): Status {
  const { phase, isBroken, isPaused, volunteers, interrupted } = situation;
  if (phase === 'asking') {
    return { tone: 'idle', headline: 'This link leads to someone else’s room. You have not joined it.', detail: '' };
  }
  if (phase === 'connecting') return { tone: 'busy', headline: 'Opening your room…', detail: '' };
  if (phase === 'failed' || phase === 'closed') return { tone: 'bad', headline: 'Not connected.', detail: '' };
  if (isBroken) return { tone: 'bad', headline: 'Nothing is being sharpened.', detail: '' };
  if (isPaused) return { tone: 'idle', headline: 'The game is paused.', detail: 'Press P or “Resume” to play.' };
  const working = workOf(situation);
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
  const hint = `with ${qualityWithArticle(shown)}`;
  return chosen === 'auto' || shown === chosen ? hint : `${hint}, not ${qualityWithArticle(chosen)}`;
}

/** Who sharpens, as a list of names; a dash for nobody. */
export function helpersSentence(report: Report | null, volunteers: GamerSituation['volunteers']): string {
  if (!report) return '–';
  if (report.kind === 'image') return report.timing ? whoRan(report.timing.ranOn, volunteers) : '–';
  if (streamExtent(report.stats) === 'none') return '–';
  // A volunteer that has just paused still has a share of the last frames.
  if (report.stats.running === 'local') return 'this computer';
  const helping = sharing(report.stats, volunteers);
  if (helping.length === 0) return '–';
  return helping.map(({ volunteerId }) => nameOf(volunteerId, volunteers)).join(', ');
}

function workOf(situation: GamerSituation): Status {
  const { report, where, volunteers, starting } = situation;
  if (!report) return { tone: 'busy', headline: 'Starting the picture…', detail: '' };
  if (report.kind === 'stream') return workOfStream(report.stats, situation);
  if (!report.timing) {
    const isAwaited = starting && volunteers.length === 0 && where === 'volunteers';
    return { tone: 'busy', headline: isAwaited ? STARTING[starting] : waitingFor(where, volunteers), detail: '' };
  }
  const done = isEnlarged(report.quality) ? 'Enlarged' : 'Sharpened';
  const headline = `${done} by ${whoRan(report.timing.ranOn, volunteers)}.`;
  return { tone: 'good', headline, detail: report.why };
}

const STARTING: Readonly<Record<StartingWindow, string>> = {
  opening: 'Opening a volunteer’s window…',
  measuring: 'A volunteer’s window is measuring its machine…',
};
const HELPS_SOON = 'It helps as soon as it is done.';

function workOfStream(stats: StreamStats, situation: GamerSituation): Status {
  const { fps, framesPresented, quality, lowered, why, reasons } = stats;
  if (fps === 0) {
    if (framesPresented > 0) return { tone: 'busy', headline: 'The picture stands still.', detail: why };
    return { tone: 'busy', headline: 'Waiting for the first frames…', detail: agreeing(reasons, 'unsharpened') };
  }
  if (quality === null && lowered === 'too-slow') {
    const headline = 'Not sharpened: this computer is too slow for it.';
    return { tone: 'busy', headline, detail: agreeing(reasons, 'unsharpened') };
  }
  const { byVolunteers, here } = sharpeningOf(stats);
  // Shares are of the last seconds: a volunteer that has just paused still has one, but no codec runs.
  const helping = stats.codec === '' ? [] : sharing(stats, situation.volunteers);
  const isHelped = stats.running === 'volunteers' && helping.length > 0 && extentOf(byVolunteers) !== 'none';
  if (isHelped) {
    const names = helping.map(({ volunteerId }) => nameOf(volunteerId, situation.volunteers));
    const headline = helpHeadline(names, extentOf(byVolunteers));
    return {
      tone: 'good',
      headline,
      detail: `Detail ${shareOfFrames(byVolunteers)}. ${agreeing(reasons, 'helped')}`.trim(),
    };
  }
  const extent = extentOf(here);
  if (extent === 'none') return unsharpened(stats, situation);
  const { starting } = situation;
  const isAwaited = starting && situation.volunteers.length === 0 && situation.where !== 'local';
  const reason = isAwaited ? `${STARTING[starting]} ${HELPS_SOON}` : agreeing(reasons, 'here');
  if (extent === 'most') return { tone: 'good', headline: 'Sharpened on this computer.', detail: reason };
  const detail = `Sharpened here: ${shareOfFrames(here)}. ${reason}`.trim();
  return { tone: 'busy', headline: 'Only some frames are sharpened on this computer.', detail };
}

/** What the headline says of the picture. */
type Said = 'helped' | 'here' | 'unsharpened';

/**
 * What of a stream's own reasons the headline has overtaken: that is about the frames of the last seconds, the reasons about this moment, in
 * which volunteers come and go.
 */
const CONTRADICTING: Readonly<Record<Said, readonly StreamReasonKind[]>> = {
  helped: [
    ...(['no-volunteer', 'here-meanwhile', 'getting-ready', 'adds-too-little'] as const),
    ...(['chosen-here', 'measuring', 'too-slow', 'cannot-sharpen'] as const),
  ],
  here: ['helping', 'adds', 'nothing-to-add', 'no-volunteer', 'measuring', 'too-slow', 'cannot-sharpen'],
  unsharpened: ['helping', 'adds', 'adds-too-little', 'here-meanwhile'],
};

/** The reasons that a headline does not contradict. */
function agreeing(reasons: readonly StreamReason[], said: Said): string {
  return reasons
    .filter(({ kind }) => !CONTRADICTING[said].includes(kind))
    .map(({ text }) => text)
    .join(' ');
}

function helpHeadline(names: readonly string[], extent: Extent): string {
  const [name] = names;
  const who = names.length === 1 ? `${name} sharpens` : `${names.length} volunteers sharpen`;
  return extent === 'most' ? `${who} your frames.` : `Enlarged here; ${who} some of the frames.`;
}

/** Why the picture is only enlarged. */
function unsharpened(stats: StreamStats, { where, volunteers, newcomers, starting }: GamerSituation): Status {
  const { codec, quality, running, reasons } = stats;
  const why = agreeing(reasons, 'unsharpened');
  if (quality !== null && isEnlarged(quality)) {
    return { tone: 'idle', headline: `Only enlarged, with ${qualityWithArticle(quality)}.`, detail: why };
  }
  if (reasons.some(({ kind }) => kind === 'cannot-sharpen')) {
    return { tone: 'idle', headline: 'Not sharpened: this computer cannot do it.', detail: why };
  }
  if (running === 'local' || (where !== 'volunteers' && codec === '')) {
    return { tone: 'idle', headline: 'Getting ready: not sharpened yet.', detail: why };
  }
  if (starting && volunteers.length === 0) {
    return {
      tone: 'busy',
      headline: STARTING[starting],
      detail: `${HELPS_SOON} Until then the picture is only enlarged.`,
    };
  }
  const [newcomer] = newcomers;
  if (newcomer !== undefined) {
    const headline = `${nameOf(newcomer, volunteers)} is getting ready to help.`;
    return { tone: 'busy', headline, detail: 'Until then the picture is only enlarged.' };
  }
  if (codec !== '' && volunteers.length > 0) {
    const detail = 'It came too late, or was lost on the way.';
    return { tone: 'idle', headline: 'Only enlarged: no detail comes from the volunteer.', detail };
  }
  const detail = volunteers.length > 0 ? 'Whoever is linked has paused, is busy with others, or cannot do this.' : '';
  return { tone: 'idle', headline: 'Only enlarged: no volunteer is helping.', detail };
}

/** @param share 0..1 */
function shareOfFrames(share: number): string {
  return `on ${formatPercent(share)} of the frames`;
}

function waitingFor(where: Where, volunteers: GamerSituation['volunteers']): string {
  if (where !== 'volunteers') return 'Sharpening…';
  return volunteers.length > 0 ? 'A volunteer is sharpening it…' : 'Waiting for a volunteer to sharpen it…';
}

function whoRan(ranOn: string, volunteers: GamerSituation['volunteers']): string {
  if (ranOn === 'local') return 'this computer';
  return ranOn === 'cache' ? 'this computer’s cache' : nameOf(ranOn, volunteers);
}

/** Names a volunteer in a sentence, also one that has left. */
export function nameOf(id: string, volunteers: GamerSituation['volunteers']): string {
  const volunteer = volunteers.find((one) => one.id === id);
  return volunteer ? quotedName(volunteer.name) : 'a volunteer who left';
}

/** The shares of volunteers that are still linked. */
function sharing({ shares }: StreamStats, volunteers: GamerSituation['volunteers']): StreamStats['shares'] {
  return shares.filter(({ volunteerId, share }) => share > 0 && volunteers.some(({ id }) => id === volunteerId));
}
