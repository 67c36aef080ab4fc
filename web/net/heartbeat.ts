import { setNewest } from '../../shared/bounded-map.ts';
import { CHANNELS } from '../../shared/channels.ts';
import type { Clock } from '../../shared/clock.ts';
import { MeshError } from '../../shared/errors.ts';
import { type HeartbeatMessage, heartbeatMessageSchema } from '../../shared/messages.ts';
import { withoutAttachments } from '../../shared/wire.ts';
import { RECHECK_MS, RttEstimator, SilenceDetector } from './failure-detector.ts';
import { FlowChannel, type FlowChannelStats } from './flow-channel.ts';
import type { ChannelPort } from './transferable-channel.ts';

/** Timing of the heartbeat, ms. */
export const HEARTBEAT = {
  /** Interval of pings: keeps the round trip fresh and notices a dead peer, at 20 bytes each. */
  intervalMs: 500,
  /** Silence after which another path is sought: five pings in a row, and as long again for the path to be found. */
  doubtAfterMs: 2_500,
  /** Silence after which the connection counts as lost: ten pings in a row are not lost by chance. */
  lostAfterMs: 5_000,
  /** Interval of the keep-alives of a worker that has work, 41 bytes each. One may be lost or late without raising suspicion. */
  keepaliveMs: 20,
  /** Shortest silence of a working worker that raises suspicion: longer than one garbage collection. */
  suspectAfterMs: 50,
  /** Time between the close of the channel and the close of its link: a goodbye that is under way takes no longer. */
  farewellMs: 1_000,
} as const;

export interface HeartbeatReading {
  rttMs: number;
  /** 0..1, as measured by the volunteer itself. */
  load: number;
  /** Tasks the volunteer holds for all its gamers. */
  held: number;
}

export interface HeartbeatMonitorOptions {
  port: ChannelPort;
  clock: Clock;
  /** Whether the volunteer has tasks of ours: only then it sends keep-alives. */
  hasWork(): boolean;
  /** 99th percentile of the time a task takes there, ms; 0 while unknown. */
  serviceP99Ms(): number;
  onReading(reading: HeartbeatReading): void;
  /** True: the volunteer has tasks but gives no sign of life. False: it has been heard again. */
  onSilence(isSilent: boolean): void;
  /** False: the volunteer does not answer, with or without tasks. True: it does again. */
  onAnswered(isAnswered: boolean): void;
  /** The silence lasted too long: the connection counts as lost. */
  onLost(error: MeshError): void;
  /** A malformed message arrived: the link must end. */
  onBroken(error: MeshError): void;
}

/** Gamer's end of the `heartbeat` channel: pings at a steady rate, keeps round trip and load up to date, and detects silence. */
export class HeartbeatMonitor {
  readonly #options: HeartbeatMonitorOptions;
  readonly #channel: FlowChannel<HeartbeatMessage>;
  readonly #roundTrip = new RttEstimator();
  readonly #silence: SilenceDetector;
  /** Send times of the newest pings by serial, ms: a round trip may be longer than the ping interval. */
  readonly #sentMs = new Map<number, number>();
  #serial = 0;
  #heardMs = 0;
  #isDisposed = false;
  #isDoubted = false;
  #cancelNext: () => void = () => {};

  constructor(options: HeartbeatMonitorOptions) {
    this.#options = options;
    const { port, clock, hasWork, onSilence, onBroken } = options;
    this.#silence = new SilenceDetector({
      clock,
      hasWork,
      onSilence,
      allowedMs: () => this.#allowedSilenceMs(),
    });
    this.#channel = new FlowChannel(
      port,
      CHANNELS.heartbeat,
      heartbeatMessageSchema,
      {
        onOpen: () => {
          this.#heardMs = clock.now();
          this.#ask();
        },
        onMessage: ({ message }) => this.#received(message),
        onClose: (error) => {
          this.#stop();
          if (error) onBroken(error);
          else if (!this.#isDisposed) this.#closedByOthers();
        },
      },
      () => clock.now(),
    );
  }

  /** The volunteer was given its first task. */
  workBegan(): void {
    if (!this.#channel.isClosed) this.#silence.workBegan();
  }

  /** Reports a sign of life on another channel. */
  heard(): void {
    if (this.#channel.isClosed) return;
    this.#heardMs = this.#options.clock.now();
    this.#silence.heard();
    this.#doubt(false);
  }

  dispose(): void {
    this.#isDisposed = true;
    this.#cancelNext();
    this.#channel.close();
  }

  /** Normally the link closes as well. If it does not, the worker that held the other end is gone, and the link is useless. */
  #closedByOthers(): void {
    this.#cancelNext = this.#options.clock.after(HEARTBEAT.farewellMs, () =>
      this.#options.onLost(
        new MeshError('connection-failed', 'The volunteer’s worker has stopped. The connection is tried again.'),
      ),
    );
  }

  #stop(): void {
    this.#cancelNext();
    this.#silence.dispose();
  }

  get #silentMs(): number {
    return this.#options.clock.now() - this.#heardMs;
  }

  get #isLost(): boolean {
    return this.#silentMs > HEARTBEAT.lostAfterMs;
  }

  #doubt(isDoubted: boolean): void {
    if (this.#isDoubted === isDoubted) return;
    this.#isDoubted = isDoubted;
    this.#options.onAnswered(!isDoubted);
  }

  #allowedSilenceMs(): number {
    return Math.max(HEARTBEAT.suspectAfterMs, this.#roundTrip.longestMs + this.#options.serviceP99Ms());
  }

  #ask(): void {
    // If it was this page that was suspended, the answers are waiting in its event queue.
    if (this.#silentMs > HEARTBEAT.doubtAfterMs)
      this.#cancelNext = this.#options.clock.after(RECHECK_MS, () => this.#judge());
    else this.#ping();
  }

  #judge(): void {
    if (this.#isLost)
      this.#options.onLost(
        new MeshError('connection-failed', 'The volunteer no longer answers. The connection is tried again.'),
      );
    else {
      this.#doubt(this.#silentMs > HEARTBEAT.doubtAfterMs);
      this.#ping();
    }
  }

  #ping(): void {
    const { clock } = this.#options;
    this.#serial = (this.#serial + 1) >>> 0;
    setNewest(this.#sentMs, this.#serial, clock.now(), HEARTBEAT.lostAfterMs / HEARTBEAT.intervalMs);
    const ping: HeartbeatMessage = { kind: 'ping', serial: this.#serial, rttMs: this.#roundTrip.measuredMs };
    this.#channel.trySendNow(withoutAttachments(ping), CHANNELS.heartbeat.highWaterBytes);
    this.#cancelNext = clock.after(HEARTBEAT.intervalMs, () => this.#ask());
  }

  #received(message: HeartbeatMessage): void {
    if (message.kind === 'ping') return;
    if (message.kind === 'pong') this.#answered(message);
    this.heard();
  }

  #answered({ serial, load, held }: Extract<HeartbeatMessage, { kind: 'pong' }>): void {
    const sentMs = this.#sentMs.get(serial);
    if (sentMs === undefined) return;
    this.#sentMs.delete(serial);
    this.#options.onReading({ rttMs: this.#roundTrip.add(this.#options.clock.now() - sentMs), load, held });
  }
}

export interface HeartbeatResponderOptions {
  port: ChannelPort;
  clock: Clock;
  /** The present load (0..1) and number of tasks held. */
  read(): { load: number; held: number };
  /** Whether there is work of this gamer; keep-alives are sent as long as there is. */
  hasWork(): boolean;
  /** The round trip measured by the gamer, ms. */
  onRtt(rttMs: number): void;
  onBroken(error: MeshError): void;
}

/** Volunteer's end of the `heartbeat` channel, in the worker that computes: its messages are that worker's own signs of life. */
export class HeartbeatResponder {
  readonly #options: HeartbeatResponderOptions;
  readonly #channel: FlowChannel<HeartbeatMessage>;
  #cancelKeepalive: (() => void) | null = null;

  constructor(options: HeartbeatResponderOptions) {
    this.#options = options;
    const { port, clock, onBroken } = options;
    this.#channel = new FlowChannel(
      port,
      CHANNELS.heartbeat,
      heartbeatMessageSchema,
      {
        onMessage: ({ message }) => this.#received(message),
        onClose: (error) => {
          this.#cancelKeepalive?.();
          if (error) onBroken(error);
        },
      },
      () => clock.now(),
    );
  }

  get stats(): FlowChannelStats {
    return this.#channel.stats;
  }

  /** Work of this gamer began: sends a keep-alive at once, and repeats it as long as there is work. */
  workBegan(): void {
    if (!this.#cancelKeepalive) this.#sendKeepalive();
  }

  dispose(): void {
    this.#channel.close();
  }

  #sendKeepalive(): void {
    this.#cancelKeepalive = null;
    if (this.#channel.isClosed || !this.#options.hasWork()) return;
    this.#channel.trySendNow(withoutAttachments({ kind: 'keepalive' }), CHANNELS.heartbeat.highWaterBytes);
    this.#cancelKeepalive = this.#options.clock.after(HEARTBEAT.keepaliveMs, () => this.#sendKeepalive());
  }

  #received(message: HeartbeatMessage): void {
    if (message.kind !== 'ping') return;
    const { read, onRtt } = this.#options;
    if (message.rttMs !== null) onRtt(message.rttMs);
    const pong: HeartbeatMessage = { kind: 'pong', serial: message.serial, ...read() };
    this.#channel.trySendNow(withoutAttachments(pong), CHANNELS.heartbeat.highWaterBytes);
  }
}
