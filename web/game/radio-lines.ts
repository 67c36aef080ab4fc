import type { RaceEvent } from './simulation/race-events.ts';

/** The rivals as they speak. The tempers are those that the model learned. */
export const RIVALS = [
  { name: 'Vex', temper: 'hot-headed' },
  { name: 'Nova', temper: 'cheerful' },
  { name: 'Rook', temper: 'cold' },
  { name: 'Juno', temper: 'proud' },
] as const;

/** The moods of a rival, of which each line names one. */
export const MOODS = ['angry', 'happy', 'calm', 'worried', 'proud', 'sad'];

const PLACES = ['first', 'second', 'third', 'fourth', 'last'];

/** What a rival says when nobody answers in time. */
const LINES: Readonly<Record<RaceEvent['kind'], readonly string[]>> = {
  overtook: ['See you in my mirrors.', 'Clean pass. On to the next one.', 'One down. Who is next?'],
  overtaken: ['I will have that place back.', 'Enjoy it while it lasts.', 'The race is long.'],
  hit: ['The barrier took some paint off.', 'Sparks everywhere. I am still going.', 'I need a cleaner line.'],
  touched: ['Watch where you fly!', 'Keep your distance.', 'There is room for two.'],
  lead: ['Nobody in front of me but the road.', 'I lead. Try to keep up.'],
  last: ['I am last, but I am not done.', 'All I see is tail lights.'],
};

export function personaOf(rival: number): string {
  const { name, temper } = RIVALS[rival] ?? RIVALS[0];
  return `You are ${name}, a ${temper} rival in a race. Speak in short radio messages.`;
}

export function nameOfRival(rival: number): string {
  return RIVALS[rival]?.name ?? 'A rival';
}

/** What happened, in the words that the model learned. */
export function wordsOf({ kind, other, place }: RaceEvent): string {
  const who = other === null || other < 0 ? 'The player' : nameOfRival(other);
  const inside = who === 'The player' ? 'the player' : who;
  const where = `You are ${PLACES[place - 1] ?? 'last'}.`;
  switch (kind) {
    case 'overtook':
      return `You overtook ${inside}. ${where}`;
    case 'overtaken':
      return `${who} overtook you. ${where}`;
    case 'hit':
      return `Event: you scraped the barrier. ${where}`;
    case 'touched':
      return `Event: ${inside} bumped into you.`;
    case 'lead':
      return 'Event: you took the lead.';
    default:
      return 'You fell back to the last place.';
  }
}

/** @param draw - 0 <= draw < 1. */
export function lineOf({ kind }: RaceEvent, draw: number): string {
  const lines = LINES[kind];
  return lines[Math.floor(draw * lines.length)] ?? '';
}
