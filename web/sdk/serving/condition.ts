import type { LimitState, VolunteerLimits } from '../types.ts';

/** What holds a volunteer back now. */
export interface Hold {
  limit: LimitState['limit'];
  /** Part of a sentence for a person, to follow "Paused: ". */
  why: string;
}

/** Watches one thing that may hold a volunteer back. Owned by {@link ServingConditions}, which asks for the hold after each change. */
export interface Condition {
  /** Null: nothing holds it back. */
  readonly hold: Hold | null;
  /** Applies limits. */
  apply(limits: VolunteerLimits): void;
  /** Resolves when `hold` says what is so, which may take a moment after the limits were applied. Never rejects. */
  ready?(): Promise<void>;
  dispose?(): void;
}

/** What a condition is made with. */
export interface ConditionContext {
  /** The hold may have changed. */
  onChange(): void;
}

/** Listens to several events of one target. Returns what stops it. */
export function listenTo(
  target: Pick<EventTarget, 'addEventListener' | 'removeEventListener'>,
  events: readonly string[],
  listener: () => void,
  options: AddEventListenerOptions = {},
): () => void {
  for (const event of events) target.addEventListener(event, listener, options);
  return () => {
    for (const event of events) target.removeEventListener(event, listener, options);
  };
}
