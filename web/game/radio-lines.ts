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

/**
 * Whom our model may name: it was trained with these (`training/dialogue/lines.py`), and does not copy yet. Instead of the name that it was told,
 * its own included, it says any of them.
 */
const NAMED = /\b(?:[Tt]he player|Vex|Nova|Rook|Ash|Juno|Kite|Mara|Otto|Ilse|Dax|Wren|Sable)\b/g;
/** Words before and after their own name with which somebody tells who they are. */
const INTRODUCING = /\b(?:I am|I'm|[Tt]his is|[Nn]ame is|[Cc]all me) $/;
const INTRODUCED = /^ (?:here|speaking)\b/;
/** Characters before and after a name that are looked at. */
const AROUND_CHARS = 12;

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

/**
 * A line of the rival to whom something happened, in which everybody whom it names is the other one of the event: a line is about one event, and our
 * model mixes names up.
 */
export function withRightNames(line: string, event: RaceEvent): string {
  return line.replace(NAMED, (named, at: number) => {
    const before = line.slice(Math.max(0, at - AROUND_CHARS), at);
    const after = line.slice(at + named.length, at + named.length + AROUND_CHARS);
    return rightName(named, event, before, after);
  });
}

function rightName(named: string, { rival, other }: RaceEvent, before: string, after: string): string {
  const isSpeaker = named === nameOfRival(rival);
  if (isSpeaker && (INTRODUCING.test(before) || INTRODUCED.test(after))) return named;
  const begins = before === '' || /[.!?] $/.test(before);
  if (other === null) {
    // Nobody else had a part in it, and any other racer may be meant.
    const isRacer = /player$/.test(named) || RIVALS.some(({ name }) => name === named);
    if (isRacer && !isSpeaker) return named;
    return begins ? 'Somebody' : 'somebody';
  }
  if (other >= 0) return nameOfRival(other);
  if (before.endsWith(', ')) return 'player';
  return begins ? 'The player' : 'the player';
}

/** @param draw - 0 <= draw < 1. */
export function lineOf({ kind }: RaceEvent, draw: number): string {
  const lines = LINES[kind];
  return lines[Math.floor(draw * lines.length)] ?? '';
}
