import type { MeshError } from '../../shared/errors.ts';
import { formatBytes, formatCount, formatDuration } from '../ui/format.ts';
import { errorTitle, qualityLabel } from '../ui/labels.ts';
import type { Tone } from '../ui/layout.tsx';
import type { NodeStats, Phase } from './volunteering.ts';

export interface Status {
  tone: Tone;
  headline: string;
  detail?: string;
}

const PAUSED_BY_HAND = 'Paused. Running tasks were returned.';

const COOLING = {
  half: 'It is hot: for some minutes it computes half as much.',
  quarter: 'It is still hot: for some minutes it computes a quarter as much.',
};

type Contribution = Pick<
  NodeStats,
  'coolingShare' | 'framesDone' | 'tasksDone' | 'gamers' | 'interrupted' | 'qualities' | 'bytesIn' | 'bytesOut'
>;

/**
 * The page's status. The headline changes only with the situation.
 * @param stats - null before the first start
 * @param pauses - what pauses it, to follow "Paused: "
 * @param helpedMs - how long it had a gamer since the start
 */
export function volunteerStatus(
  phase: Phase,
  stats: Contribution | null,
  pauses: readonly string[] = [],
  helpedMs = 0,
): Status {
  switch (phase) {
    case 'off':
      return {
        tone: 'idle',
        headline: `${stats ? farewell(stats) : 'Not helping yet.'} Nothing runs until you press Start.`,
        ...(stats && { detail: costOf(stats, helpedMs) }),
      };
    case 'starting':
      return { tone: 'busy', headline: 'Measuring what this machine can do…' };
    case 'paused':
      return { tone: 'idle', headline: pauses.length > 0 ? `Paused: ${pauses.join('; ')}.` : PAUSED_BY_HAND };
    case 'reconnecting':
      if (stats && stats.interrupted > 0 && stats.gamers === 0) return disconnected('the server and all gamers');
      return { tone: 'busy', headline: 'The server is unreachable; reconnecting. Linked gamers are still served.' };
    case 'failed':
      return { tone: 'bad', headline: 'Not helping.' };
    case 'serving': {
      const gamers = stats?.gamers ?? 0;
      const interrupted = stats?.interrupted ?? 0;
      if (gamers === 0 && interrupted > 0) return disconnected(interrupted > 1 ? 'all gamers' : 'the gamer');
      if (gamers === 0) return { tone: 'good', headline: 'Ready. Waiting for a gamer.', detail: '' };
      const headline = gamers === 1 ? 'Helping a gamer.' : `Helping ${gamers} gamers.`;
      const means = (stats?.qualities ?? []).map(qualityLabel);
      return {
        tone: 'good',
        headline,
        detail: [
          interrupted > 0 ? `Disconnected from ${interrupted} more, trying again.` : '',
          means.length > 0 ? `Computing with: ${means.join(', ')}.` : '',
          stats && stats.coolingShare < 1 ? COOLING[stats.coolingShare > 1 / 4 ? 'half' : 'quarter'] : '',
        ]
          .filter(Boolean)
          .join(' '),
      };
    }
  }
}

function disconnected(fromWhom: string): Status {
  return { tone: 'busy', headline: `Disconnected from ${fromWhom}, trying again.`, detail: '' };
}

export function volunteerErrorTitle({ reason }: MeshError): string {
  return reason === 'not-invited' ? 'This invite does not work' : errorTitle(reason);
}

function farewell({ framesDone, tasksDone }: Pick<NodeStats, 'framesDone' | 'tasksDone'>): string {
  const given = [counted(framesDone, 'frame'), counted(tasksDone, 'task')].filter(Boolean).join(' and ');
  return given ? `Stopped. Thank you for ${given}.` : 'Stopped.';
}

/** What it took: time with a gamer and data. */
function costOf({ bytesIn, bytesOut }: Pick<NodeStats, 'bytesIn' | 'bytesOut'>, helpedMs: number): string {
  if (helpedMs === 0) return '';
  return `You helped for ${formatDuration(helpedMs)}, with ${formatBytes(bytesIn + bytesOut)} of data.`;
}

function counted(count: number, what: string): string {
  return count > 0 ? `${formatCount(count)} ${what}${count === 1 ? '' : 's'}` : '';
}
