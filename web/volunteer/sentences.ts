import type { Tone } from '../ui/status-line.tsx';
import type { Phase } from './volunteering.ts';

export interface Status {
  tone: Tone;
  headline: string;
}

/** How things stand, in a sentence that changes only when they do. */
export function statusOf(phase: Phase, gamers: number): Status {
  switch (phase) {
    case 'off':
      return { tone: 'idle', headline: 'Not helping yet. Nothing runs until you press Start.' };
    case 'starting':
      return { tone: 'busy', headline: 'Measuring what this machine can do…' };
    case 'paused':
      return { tone: 'idle', headline: 'Paused. Running work was handed back.' };
    case 'reconnecting':
      return { tone: 'busy', headline: 'The server is away; reconnecting. Linked gamers are still served.' };
    case 'failed':
      return { tone: 'bad', headline: 'Not helping.' };
    case 'serving':
      if (gamers === 0) return { tone: 'good', headline: 'Ready. Waiting for a gamer.' };
      return { tone: 'good', headline: gamers === 1 ? 'Helping a gamer.' : `Helping ${gamers} gamers.` };
  }
}
