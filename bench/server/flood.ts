import { setTimeout as sleep } from 'node:timers/promises';
import { LIMITS } from '../../signaling-server/tuning.ts';
import { OurSocket } from './sockets.ts';

/** The flood is this many times what one address may send. */
const EXCESS = 10;
const SENDERS = 20;
const TICK_MS = 5;

/**
 * Sends ten times the signals that one address may send, over sessions that are introduced to each other, and opens a new socket
 * whenever the server drops one, ten times as often as an address may.
 */
export async function flood(url: string, address: string, durationMs: number) {
  const counts = { sent: 0, relayed: 0, refused: 0, opened: 0 };
  const perTick = (allowed: number) => (EXCESS * allowed * TICK_MS) / (1_000 * LIMITS.windowS);
  const senders: { socket: OurSocket; to: string }[] = [];
  let opening = 0;
  const open = async () => {
    const nth = counts.opened++;
    opening++;
    const role = nth % 2 === 0 ? 'gamer' : 'volunteer';
    const socket = new OurSocket(url, { role, room: `flood ${nth >> 1}`, address });
    socket.onAnswer = (isOk) => counts[isOk ? 'relayed' : 'refused']++;
    try {
      const { introductions } = await socket.joined;
      senders.push({ socket, to: introductions[0]?.peerId ?? 'A'.repeat(22) });
    } catch {
      // Refused by the limits, as it should be.
      socket.close();
    } finally {
      opening--;
    }
  };
  const startedMs = performance.now();
  let [signalsDue, opensDue] = [0, 0];
  while (performance.now() - startedMs < durationMs) {
    for (opensDue += perTick(LIMITS.connectsPerAddress); opensDue >= 1; opensDue--)
      if (senders.length + opening < SENDERS) void open();
    for (signalsDue += perTick(LIMITS.signalsPerAddress); signalsDue >= 1; signalsDue--) {
      const sender = senders[counts.sent % Math.max(1, senders.length)];
      if (!sender) continue;
      if (sender.socket.isOpen) {
        sender.socket.signal(sender.to, 0);
        counts.sent++;
      } else senders.splice(senders.indexOf(sender), 1);
    }
    await sleep(TICK_MS);
  }
  for (const { socket } of senders) socket.close();
  return { ...counts, allowed: { signals: LIMITS.signalsPerAddress, windowMs: 1_000 * LIMITS.windowS } };
}
