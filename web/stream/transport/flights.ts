import type { VolunteerStages } from '../../../shared/messages.ts';
import type { CapturedFrame, Purpose } from '../frame.ts';
import { STREAM } from '../tuning.ts';
import type { Thumbnail } from '../verify/thumbnail.ts';
import { InFlightWindow } from './in-flight-window.ts';

/** A frame on its way to a volunteer and back. */
export interface Flight extends Omit<CapturedFrame, 'frame' | 'purpose'> {
  purpose: Purpose;
  encodeStartMs: number;
  /** Null while it is being encoded. */
  sentMs: number | null;
  upBytes: number;
  /** The volunteer said that it has it. */
  acknowledged: boolean;
  /** What it shows, if its picture will be looked at. */
  shows: Thumbnail | null;
}

/**
 * Frames under way to one volunteer, oldest first and at most as many as its {@link InFlightWindow} allows. The video channel keeps its order, so a
 * word about one frame tells that those before it, of which nothing was heard, are lost: their places are free at once.
 */
export class Flights {
  readonly #flights = new Map<number, Flight>();
  readonly #window = new InFlightWindow();
  readonly #onLost: (flight: Flight, cause: 'lost' | 'timeout') => void;

  constructor(onLost: (flight: Flight, cause: 'lost' | 'timeout') => void) {
    this.#onLost = onLost;
  }

  get size(): number {
    return this.#flights.size;
  }

  /** Is there a place? Frees those of frames that were given up. */
  hasRoom(nowMs: number): boolean {
    for (const flight of [...this.#flights.values()]) {
      const timeoutMs = flight.acknowledged ? STREAM.answerTimeoutMs : STREAM.frameTimeoutMs;
      if (nowMs - flight.encodeStartMs > timeoutMs) this.#lose(flight, 'timeout');
    }
    return this.size < this.#window.limit;
  }

  start(captured: CapturedFrame, nowMs: number): Flight {
    const { frameId, capturedMs, purpose } = captured;
    const flight: Flight = {
      frameId,
      capturedMs,
      purpose,
      encodeStartMs: nowMs,
      sentMs: null,
      upBytes: 0,
      acknowledged: false,
      shows: null,
    };
    this.#flights.set(frameId, flight);
    return flight;
  }

  /** A frame that is there to be measured is to be shown as well. False if it is not there. */
  promote(frameId: number): boolean {
    const flight = this.#flights.get(frameId);
    if (flight) flight.purpose = 'show';
    return flight !== undefined;
  }

  /** Was a frame older than this one sent to be shown, and not given up? */
  isOlderExpected(frameId: number): boolean {
    for (const flight of this.#flights.values()) {
      if (flight.purpose === 'show' && flight.frameId < frameId) return true;
    }
    return false;
  }

  /** Returns the flight, if it was not given up. */
  acknowledged(frameId: number): Flight | undefined {
    for (const flight of [...this.#flights.values()]) {
      if (flight.frameId < frameId && !flight.acknowledged) this.#lose(flight, 'lost');
    }
    const flight = this.#flights.get(frameId);
    if (flight) flight.acknowledged = true;
    return flight;
  }

  /** The volunteer answers in order: what it was sent before this frame and said nothing of is lost. */
  answered(frameId: number, stages: VolunteerStages, nowMs: number): Flight | undefined {
    const startedMs = this.#flights.get(frameId)?.encodeStartMs;
    this.#window.answered(stages, startedMs === undefined ? null : nowMs - startedMs, nowMs);
    for (const flight of [...this.#flights.values()]) {
      if (flight.frameId < frameId) this.#lose(flight, 'lost');
    }
    return this.dropped(frameId);
  }

  /** The volunteer will not answer this one. Undefined when it was given up, or never sent. */
  dropped(frameId: number): Flight | undefined {
    const flight = this.#flights.get(frameId);
    this.#flights.delete(frameId);
    return flight?.sentMs === null ? undefined : flight;
  }

  /** Never left this machine. */
  abandon(frameId: number): void {
    this.#flights.delete(frameId);
  }

  clear(): Flight[] {
    const flights = [...this.#flights.values()];
    this.#flights.clear();
    return flights;
  }

  #lose(flight: Flight, cause: 'lost' | 'timeout'): void {
    this.#flights.delete(flight.frameId);
    if (cause === 'timeout') this.#window.timedOut();
    this.#onLost(flight, cause);
  }
}
