import { quotedName } from '../../shared/quoting.ts';
import type { StreamQuality, Where } from '../sdk/types.ts';
import { formatMs, formatRate } from '../ui/format.ts';
import { qualityWithArticle } from '../ui/labels.ts';
import type { StreamStats } from './client.ts';
import { SCALES } from './remembered-choices.ts';
import type { Report } from './renderers.ts';
import { isEnlarged, sharpeningOf } from './sharpening.ts';
import type { SourceKind } from './source.ts';
import { timeAt } from './stages.ts';

/**
 * What a person can do about a slow or unsharpened picture. `smaller`: the least scale. `softer`: a quality that costs less. `here`: this
 * computer sharpens. `volunteers`: those that are linked may sharpen. `help`: the invite.
 */
export type Remedy = 'smaller' | 'softer' | 'here' | 'volunteers' | 'help';

export type Cause = 'nobody' | 'processor' | 'own-gpu' | 'volunteer' | 'connection' | 'game' | 'screen';

export interface Slowness {
  cause: Cause;
  /** One sentence: what is slow, and why. */
  sentence: string;
  /** The most useful first. */
  remedies: readonly Remedy[];
}

export interface SlownessSituation {
  report: Report | null;
  source: SourceKind;
  where: Where;
  quality: StreamQuality;
  scale: number;
  volunteers: readonly { id: string; name: string }[];
  /** Some volunteers measure themselves, or get ready: help is on its way. */
  isHelpComing: boolean;
}

/** The smallest scale that the page offers: a picture of 640x360 then has little more than half the pixels that it has at 2. */
export const LEAST_SCALE = Math.min(...SCALES);
/** Backends that compute on the processor. */
const ON_PROCESSOR: readonly string[] = ['wasm', 'js', 'ort-wasm'];
/** Below this rate a game is no longer smooth; films have 24. */
const SMOOTH_FPS = 20;
/** Below this share of the source's frames the others are missed. A busy moment takes a few. */
const MOST_FRAMES = 0.7;
/** Rates below are too low to compare: a frame more or less is a large part of them. */
const LEAST_COMPARABLE_FPS = 8;
/** From this delay on a player feels that the picture is late, ms. */
const FELT_DELAY_MS = 120;
/** Below this share of frames with detail, the picture flickers between sharp and soft. */
const STEADY_SHARE = 0.5;

/**
 * Why the picture is slow or worse than it could be, and what would help; null where nothing is to be done. The gravest cause only: a
 * person can follow one advice at a time. Figures of single seconds come and go, so say it through an `AdviceWatch`.
 */
export function slownessOf(situation: SlownessSituation): Slowness | null {
  const { report } = situation;
  if (report?.kind === 'image') return report.timing === null ? withoutHelp(situation) : null;
  if (!report || report.stats.fps === 0) return null;
  const { stats, capturedFps } = report;
  return (
    withoutHelp(situation) ??
    ownMachine(stats, situation) ??
    volunteersAtWork(stats, situation) ??
    slowGame(stats, capturedFps, situation) ??
    slowScreen(stats, capturedFps, situation)
  );
}

/** Only volunteers may sharpen, and none is there. */
function withoutHelp({ where, quality, volunteers, isHelpComing }: SlownessSituation): Slowness | null {
  if (where !== 'volunteers' || volunteers.length > 0 || isHelpComing) return null;
  // Volunteers have nothing to add to it.
  if (quality !== 'auto' && isEnlarged(quality)) return null;
  const sentence = 'Only volunteers may sharpen the picture, and nobody is here, so it is only enlarged.';
  return { cause: 'nobody', sentence, remedies: ['help', 'here'] };
}

/** This machine is slower than the chosen quality, or than any. Where none was chosen, only a picture without any is worse than promised. */
function ownMachine(stats: StreamStats, situation: SlownessSituation): Slowness | null {
  const { running, lowered, localBackend, quality: shown } = stats;
  const { quality, volunteers } = situation;
  if (running !== 'local' || lowered !== 'too-slow' || (shown !== null && quality === 'auto')) return null;
  const isProcessor = ON_PROCESSOR.includes(localBackend);
  const who = isProcessor ? 'This computer’s processor' : 'This computer’s graphics card';
  const what =
    shown === null
      ? 'is too slow to sharpen the picture'
      : `keeps up with ${qualityWithArticle(shown)}, not with ${qualityWithArticle(quality)}`;
  const alone = isProcessor && volunteers.length === 0 ? ', and nobody with a graphics card is here' : '';
  const remedies = [...helpers(situation), ...smaller(situation), ...softer(situation)];
  return { cause: isProcessor ? 'processor' : 'own-gpu', sentence: `${who} ${what}${alone}.`, remedies };
}

/** What volunteers send comes late, or for few frames. */
function volunteersAtWork(stats: StreamStats, situation: SlownessSituation): Slowness | null {
  const { running, codec, lowered, framesSent, quality: shown } = stats;
  const { quality, volunteers, isHelpComing } = situation;
  const name = busiestOf(stats, volunteers);
  if (running !== 'volunteers' || codec === '' || framesSent === 0 || name === null || isHelpComing) return null;
  const lighter = [...smaller(situation), ...softer(situation)];
  if (lowered === 'too-slow' && quality !== 'auto' && shown !== null) {
    const sentence = `${name} keeps up with ${qualityWithArticle(shown)}, not with ${qualityWithArticle(quality)}.`;
    return { cause: 'volunteer', sentence, remedies: [...lighter, 'help'] };
  }
  const delayMs = stats.glassToGlassMs.p50;
  const isLate = delayMs > FELT_DELAY_MS;
  if (!isLate && sharpeningOf(stats).byVolunteers >= STEADY_SHARE) return null;
  const symptom = isLate
    ? `The picture is ${formatMs(delayMs)} ms late`
    : `Few frames get the detail of ${name} in time`;
  const wayMs = timeAt('way', stats);
  if (wayMs > timeAt('there', stats)) {
    const sentence = `${symptom}: the connection to ${name} alone takes ${formatMs(wayMs)} ms.`;
    return { cause: 'connection', sentence, remedies: [...smaller(situation), 'here', 'help'] };
  }
  const sentence = `${symptom}: the computer of ${name} is slow at this size and quality.`;
  return { cause: 'volunteer', sentence, remedies: [...lighter, 'here', 'help'] };
}

/** The game itself is drawn too rarely. Videos, cameras and shared windows have rates of their own, which may be low. */
function slowGame(stats: StreamStats, capturedFps: number, situation: SlownessSituation): Slowness | null {
  // A game that draws nothing at all is hidden, or starts.
  if (situation.source !== 'game' || !(capturedFps >= 1 && capturedFps < SMOOTH_FPS)) return null;
  const isBusyHere = stats.running === 'local' && sharpeningOf(stats).here > 0;
  const busy = isBusyHere ? 'it is busy sharpening it' : 'it is busy';
  const sentence = `This computer draws the game only ${formatRate(capturedFps)} times a second: ${busy}.`;
  const remedies = [...(isBusyHere ? helpers(situation) : []), ...smaller(situation), ...softer(situation)];
  return { cause: 'game', sentence, remedies };
}

/** Frames of the source are not shown. */
function slowScreen({ fps }: StreamStats, capturedFps: number, situation: SlownessSituation): Slowness | null {
  if (!(capturedFps >= LEAST_COMPARABLE_FPS && fps < MOST_FRAMES * capturedFps)) return null;
  const sentence = `Only ${formatRate(fps)} of ${formatRate(capturedFps)} frames a second are shown: this computer is too busy for all of them.`;
  return { cause: 'screen', sentence, remedies: [...smaller(situation), ...softer(situation), ...helpers(situation)] };
}

function busiestOf({ shares }: StreamStats, volunteers: SlownessSituation['volunteers']): string | null {
  const [busiest] = [...shares].sort((a, b) => b.share - a.share);
  const volunteer = volunteers.find(({ id }) => id === busiest?.volunteerId) ?? volunteers[0];
  return volunteer ? quotedName(volunteer.name) : null;
}

/** Linked volunteers that may not help are asked before anybody new. */
function helpers({ where, volunteers, isHelpComing }: SlownessSituation): Remedy[] {
  if (where === 'local' && volunteers.length > 0) return ['volunteers'];
  return isHelpComing ? [] : ['help'];
}

function smaller({ scale }: SlownessSituation): Remedy[] {
  return scale > LEAST_SCALE ? ['smaller'] : [];
}

function softer({ quality }: SlownessSituation): Remedy[] {
  return softerThan(quality) === null ? [] : ['softer'];
}

/** From the cheapest: what the page offers when a quality is too much. */
const BY_COST: readonly StreamQuality[] = ['bilinear', 'spatial', 'fast', 'balanced', 'quality', 'ultra'];

/**
 * The next cheaper quality; null where the machines choose the best that keeps up, or there is none.
 * @param quality - as chosen
 */
export function softerThan(quality: StreamQuality): StreamQuality | null {
  if (quality === 'bicubic') return 'bilinear';
  return BY_COST[BY_COST.indexOf(quality) - 1] ?? null;
}
