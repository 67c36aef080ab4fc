import { CHANNELS } from '../../shared/channels.ts';
import type { Clock } from '../../shared/clock.ts';
import { MeshError } from '../../shared/errors.ts';
import { type PulseMessage, pulseMessageSchema } from '../../shared/messages.ts';
import { PULSE } from '../../shared/tuning.ts';
import { bare } from '../../shared/wire.ts';
import type { ChannelPort } from './channel-port.ts';
import { FlowChannel } from './flow-channel.ts';

export interface PulseReading {
  rttMs: number;
  /** 0..1, as the volunteer sees itself. */
  load: number;
  /** Tasks it holds for everybody. */
  held: number;
}

export interface PulseHandlers {
  onReading(reading: PulseReading): void;
  /** Silence for too long: the connection is as good as gone. */
  onLost(error: MeshError): void;
  /** What came was malformed: the link must end. */
  onBroken(error: MeshError): void;
}

/** Gamer's end: asks at a steady rate, keeps the round trip and the load fresh, and notices silence. */
export class PulseMonitor {
  readonly #channel: FlowChannel<PulseMessage>;
  readonly #clock: Clock;
  readonly #handlers: PulseHandlers;
  #serial = 0;
  #sentMs = 0;
  #heardMs = 0;
  #rttMs: number | undefined;
  #cancelNext: () => void = () => {};

  constructor(port: ChannelPort, clock: Clock, handlers: PulseHandlers) {
    this.#clock = clock;
    this.#handlers = handlers;
    this.#channel = new FlowChannel(
      port,
      CHANNELS.pulse,
      pulseMessageSchema,
      {
        onOpen: () => {
          this.#heardMs = clock.now();
          this.#ask();
        },
        onMessage: ({ message }) => this.#heard(message),
        onClose: (error) => {
          this.#cancelNext();
          if (error) handlers.onBroken(error);
        },
      },
      () => clock.now(),
    );
  }

  dispose(): void {
    this.#cancelNext();
    this.#channel.close();
  }

  #ask(): void {
    const nowMs = this.#clock.now();
    if (nowMs - this.#heardMs > PULSE.lostAfterMs) {
      this.#handlers.onLost(new MeshError('connection-failed', 'The volunteer fell silent.'));
      return;
    }
    this.#serial = (this.#serial + 1) >>> 0;
    this.#sentMs = nowMs;
    this.#channel.trySendNow(bare({ kind: 'ping', serial: this.#serial }), CHANNELS.pulse.highWaterBytes);
    this.#cancelNext = this.#clock.after(PULSE.intervalMs, () => this.#ask());
  }

  #heard(message: PulseMessage): void {
    if (message.kind !== 'pong') return;
    const nowMs = this.#clock.now();
    this.#heardMs = nowMs;
    // A late pong is a sign of life but says nothing of the round trip of the newest ping.
    if (message.serial !== this.#serial) return;
    const sampleMs = nowMs - this.#sentMs;
    this.#rttMs = this.#rttMs === undefined ? sampleMs : this.#rttMs + PULSE.rttSmoothing * (sampleMs - this.#rttMs);
    this.#handlers.onReading({ rttMs: this.#rttMs, load: message.load, held: message.held });
  }
}

/** Volunteer's end, in the worker that does the work: its answer is the worker's own sign of life. */
export class PulseResponder {
  readonly #channel: FlowChannel<PulseMessage>;

  constructor(
    port: ChannelPort,
    clock: Clock,
    read: () => { load: number; held: number },
    onBroken: (error: MeshError) => void,
  ) {
    this.#channel = new FlowChannel(
      port,
      CHANNELS.pulse,
      pulseMessageSchema,
      {
        onMessage: ({ message }) => {
          if (message.kind !== 'ping') return;
          const pong: PulseMessage = { kind: 'pong', serial: message.serial, ...read() };
          this.#channel.trySendNow(bare(pong), CHANNELS.pulse.highWaterBytes);
        },
        onClose: (error) => {
          if (error) onBroken(error);
        },
      },
      () => clock.now(),
    );
  }

  dispose(): void {
    this.#channel.close();
  }
}
