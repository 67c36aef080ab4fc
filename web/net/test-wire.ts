import type { Clock } from '../../shared/clock.ts';
import type { ChannelPort, ChannelPortEvents } from './channel-port.ts';

export interface WireSpeed {
  /** One way. */
  latencyMs: number;
  bytesPerMs: number;
}

/** A data channel under a virtual clock: what is sent at one end arrives at the other when the wire has carried it. */
export function simulatedChannel(clock: Clock, speed: WireSpeed): [SimulatedPort, SimulatedPort] {
  const [one, other] = [new SimulatedPort(clock, speed), new SimulatedPort(clock, speed)];
  one.connect(other);
  other.connect(one);
  return [one, other];
}

export class SimulatedPort extends EventTarget implements ChannelPort {
  readyState: RTCDataChannelState = 'open';
  bufferedAmount = 0;
  bufferedAmountLowThreshold = 0;
  binaryType = 'arraybuffer';
  /** Its owner's process was killed: it neither says nor hears anything more, and nobody is told. */
  isDead = false;
  readonly #clock: Clock;
  readonly #speed: WireSpeed;
  #other: SimulatedPort | null = null;
  #freeAtMs = 0;

  constructor(clock: Clock, speed: WireSpeed) {
    super();
    this.#clock = clock;
    this.#speed = speed;
  }

  connect(other: SimulatedPort): void {
    this.#other = other;
  }

  send(data: Uint8Array<ArrayBuffer>): void {
    const nowMs = this.#clock.now();
    const sizeBytes = data.byteLength;
    this.#freeAtMs = Math.max(this.#freeAtMs, nowMs) + sizeBytes / this.#speed.bytesPerMs;
    this.bufferedAmount += sizeBytes;
    this.#clock.after(this.#freeAtMs - nowMs, () => {
      const wasAbove = this.bufferedAmount > this.bufferedAmountLowThreshold;
      this.bufferedAmount -= sizeBytes;
      if (wasAbove && this.bufferedAmount <= this.bufferedAmountLowThreshold) {
        this.dispatchEvent(new Event('bufferedamountlow'));
      }
    });
    this.#clock.after(this.#freeAtMs - nowMs + this.#speed.latencyMs, () => {
      if (!this.isDead) this.#other?.arrive(data);
    });
  }

  arrive(data: Uint8Array<ArrayBuffer>): void {
    if (this.isDead || this.readyState !== 'open') return;
    this.dispatchEvent(new MessageEvent('message', { data: data.buffer }));
  }

  close(): void {
    this.readyState = 'closed';
  }

  override addEventListener<Type extends keyof ChannelPortEvents>(
    type: Type,
    listener: (event: ChannelPortEvents[Type]) => void,
    options?: { signal?: AbortSignal },
  ): void {
    super.addEventListener(type, listener as EventListener, options);
  }
}
