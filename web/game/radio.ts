import { type Signal, signal } from '@preact/signals';
import type { Clock } from '../../shared/clock.ts';
import type { GamerClient } from '../sdk/p2c2r.ts';
import { lineOf, MOODS, nameOfRival, personaOf, withRightNames, wordsOf } from './radio-lines.ts';
import type { RaceEvent } from './simulation/race-events.ts';

export type RadioPlace = 'volunteers' | 'local' | 'off';
export type RadioClient = Pick<GamerClient, 'submitTask'>;

/** What is said on the radio, for a caption. */
export interface RadioLine {
  speaker: string;
  text: string;
  mood: string | null;
  /** A volunteer's id, `local`, or `game`: a line of the game's own; null while it is said. */
  by: string | null;
}

/** How the radio is used. */
export const RADIO = {
  /** Between the ends of a line and the next one, ms: a race has more to tell than a player wants to read. */
  pauseMs: 4_000,
  /** A line begins within this time of what happened, ms, or the game says one of its own. */
  firstTokenMs: 2_500,
  /** A line takes at most this long, ms. */
  lineMs: 8_000,
  /** How long a caption stays, ms. */
  shownMs: 6_000,
  maxTokens: 40,
  /** Messages of a rival's conversation that are told again: the model remembers little. */
  maxMessages: 4,
} as const;

/** What more happens while a rival speaks: the more remarkable of two is told. */
const WEIGHT: Readonly<Record<RaceEvent['kind'], number>> = {
  overtook: 3,
  overtaken: 3,
  hit: 2,
  touched: 2,
  lead: 4,
  last: 1,
};
/** Weight of events that concern the player. */
const PLAYER_WEIGHT = 5;

type Message = { role: 'user' | 'assistant'; content: string };

/** Has the rivals talk about what happens, one at a time: on volunteers or here, with lines of the game's own when that takes too long. */
export class Radio {
  readonly where: Signal<RadioPlace> = signal('volunteers');
  /** Null while nobody speaks. */
  readonly line: Signal<RadioLine | null> = signal(null);
  readonly #clock: Clock;
  readonly #random: () => number;
  readonly #conversations = new Map<number, Message[]>();
  #client: RadioClient | null = null;
  /** Cancels the line that a model was asked for last. */
  #asking = new AbortController();
  #waiting: RaceEvent | null = null;
  #freeAtMs = 0;
  #isSpeaking = false;
  #cancelHide = () => {};

  /** @param random - returns 0 <= x < 1. */
  constructor(clock: Clock, random: () => number) {
    this.#clock = clock;
    this.#random = random;
  }

  /** Null: the game says lines of its own. */
  useClient(client: RadioClient | null): void {
    this.#client = client;
    this.#asking.abort();
  }

  setWhere(where: RadioPlace): void {
    this.where.value = where;
    this.#asking.abort();
    if (where === 'off') this.#hide();
  }

  /** Something happened. The most remarkable event is told as soon as the radio is free. */
  tell(events: readonly RaceEvent[]): void {
    if (this.where.value === 'off') return;
    for (const event of events) {
      if (!this.#waiting || weightOf(event) > weightOf(this.#waiting)) this.#waiting = event;
    }
    const next = this.#waiting;
    if (!next || this.#isSpeaking || this.#clock.now() < this.#freeAtMs) return;
    this.#waiting = null;
    void this.#speak(next);
  }

  dispose(): void {
    this.useClient(null);
    this.#hide();
  }

  async #speak(event: RaceEvent): Promise<void> {
    this.#isSpeaking = true;
    this.#cancelHide();
    const speaker = nameOfRival(event.rival);
    try {
      this.line.value = (await this.#ask(event, speaker)) ?? {
        ...{ speaker, text: lineOf(event, this.#random()), mood: null, by: 'game' },
      };
    } finally {
      this.#isSpeaking = false;
      this.#freeAtMs = this.#clock.now() + RADIO.pauseMs;
      // What happened meanwhile is old.
      this.#waiting = null;
      this.#cancelHide = this.#clock.after(RADIO.shownMs, () => this.#hide());
    }
    if (this.where.value === 'off') this.#hide();
  }

  /** What a model says; null if it says nothing in time. */
  async #ask(event: RaceEvent, speaker: string): Promise<RadioLine | null> {
    const where = this.where.value;
    if (!this.#client || where === 'off') return null;
    const past = this.#conversations.get(event.rival) ?? [];
    const messages: Message[] = [...past, { role: 'user', content: wordsOf(event) }];
    const asking = new AbortController();
    this.#asking = asking;
    const stopWaiting = this.#clock.after(RADIO.firstTokenMs, () => asking.abort());
    let heard = '';
    const input = {
      ...{ persona: personaOf(event.rival), messages, emotions: MOODS, conversation: `radio ${event.rival}` },
      ...{ maxTokens: RADIO.maxTokens, seed: Math.floor(this.#random() * 2 ** 32) },
    };
    try {
      const task = this.#client.submitTask('dialogue', input, {
        where,
        timeoutMs: RADIO.lineMs,
        signal: asking.signal,
        onToken: (token) => {
          stopWaiting();
          heard += token;
          const text = certainPart(withRightNames(heard, event));
          if (text) this.line.value = { speaker, text, mood: null, by: null };
        },
      });
      const answer = await task.result;
      if (answer.finishReason === 'cancelled') return null;
      const text = withRightNames(answer.text, event);
      this.#remember(event.rival, [...messages, { role: 'assistant', content: text }]);
      return { speaker, text, mood: answer.emotion ?? null, by: answer.timing.ranOn };
    } catch {
      // Nobody was there, or it took too long: the game speaks for itself.
      return null;
    } finally {
      stopWaiting();
    }
  }

  #remember(rival: number, messages: readonly Message[]): void {
    this.#conversations.set(rival, messages.slice(-RADIO.maxMessages));
  }

  #hide(): void {
    this.#cancelHide();
    this.line.value = null;
  }
}

function weightOf({ kind, other, rival }: RaceEvent): number {
  return other === -1 && rival >= 0 ? PLAYER_WEIGHT : WEIGHT[kind];
}

/** Without the last two words, which may turn out to be a name, or the beginning of one. */
function certainPart(text: string): string {
  return text.split(' ').slice(0, -2).join(' ');
}
