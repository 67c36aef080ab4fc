import { setTimeout as sleep } from 'node:timers/promises';
import { LIMITS } from '../../signaling-server/sockets/limits.ts';
import { OurSocket } from './our-socket.ts';

/** So many times what one address may send. */
const TIMES = 10;
const SENDERS = 20;
const TICK_MS = 5;

export interface FloodFigures {
  sent: number;
  relayed: number;
  refused: number;
  /** Sockets it had to open anew, because the server dropped those before. */
  opened: number;
  /** What one address may send. */
  allowance: { signals: number; windowMs: number };
}

/**
 * Signals ten times what one address may, over many sessions that are introduced to each other, and comes back over a new socket as
 * soon as one is dropped, ten times as often as it may.
 */
export async function flood(url: string, address: string, durationMs: number): Promise<FloodFigures> {
  const figures: FloodFigures = {
    ...{ sent: 0, relayed: 0, refused: 0, opened: 0 },
    allowance: { signals: LIMITS.signalsPerAddress, windowMs: 1_000 * LIMITS.windowS },
  };
  const signalsPerTick = (TIMES * LIMITS.signalsPerAddress * TICK_MS) / (1_000 * LIMITS.windowS);
  const opensPerTick = (TIMES * LIMITS.connectsPerAddress * TICK_MS) / (1_000 * LIMITS.windowS);
  const senders: { socket: OurSocket; to: string }[] = [];
  let coming = 0;
  const come = async (nth: number) => {
    figures.opened++;
    coming++;
    const socket = new OurSocket(url, {
      role: nth % 2 === 0 ? 'gamer' : 'volunteer',
      room: `flood ${nth >> 1}`,
      address,
    });
    socket.onAnswer((isOk) => {
      if (isOk) figures.relayed++;
      else figures.refused++;
    });
    try {
      const { introductions } = await socket.joined;
      senders.push({ socket, to: introductions[0]?.peerId ?? 'A'.repeat(22) });
    } catch {
      // Refused, which is what the limits are for.
      socket.close();
    } finally {
      coming--;
    }
  };
  const startedMs = performance.now();
  let [signalsDue, opensDue] = [0, 0];
  while (performance.now() - startedMs < durationMs) {
    for (opensDue += opensPerTick; opensDue >= 1; opensDue--)
      if (senders.length + coming < SENDERS) void come(figures.opened);
    for (signalsDue += signalsPerTick; signalsDue >= 1; signalsDue--) {
      const sender = senders[figures.sent % Math.max(1, senders.length)];
      if (!sender) continue;
      if (sender.socket.isOpen) {
        sender.socket.signal(sender.to, 0);
        figures.sent++;
      } else senders.splice(senders.indexOf(sender), 1);
    }
    await sleep(TICK_MS);
  }
  for (const { socket } of senders) socket.close();
  return figures;
}
