import { MeshError } from '../../shared/errors.ts';
import { volunteer } from '../sdk/test-volunteer-info.ts';
import type { InviteOptions } from '../sdk/types.ts';
import type { Client, Connect } from './client.ts';
import type { TabStore } from './room-links.ts';
import { GamerSession } from './session.ts';

/** A client without a server, which records the page's calls. */
export class FakeClient extends EventTarget {
  state: Client['state'] = 'online';
  volunteers = [volunteer()];
  interrupted = 0;
  isClosed = false;
  hasLobby = false;
  isPolling = false;
  room = 'r';
  isOwner = true;
  isInviteOnly = true;
  mayInvite = true;
  readonly lobbyCalls: boolean[] = [];
  /** What was asked of the client about the lobby and addresses, in order. */
  readonly exposure: string[] = [];
  readonly invited: unknown[] = [];
  /** The tokens that codes were asked for. */
  readonly shortened: string[] = [];
  async createInviteCode(token: string) {
    this.shortened.push(token);
    return { code: 'K7QF2M9X', shortUrl: 'https://p2c2r.example/i/K7QF-2M9X' };
  }
  readonly revoked: string[] = [];
  readonly removed: string[] = [];
  async revokeInvite(token: string) {
    this.revoked.push(token);
  }
  async removeVolunteer(id: string) {
    this.removed.push(id);
  }
  others = [{ id: 'g1', name: 'Friend', owner: false }];
  async gamers() {
    return this.others;
  }
  async removeGamer(id: string) {
    this.others = this.others.filter((gamer) => gamer.id !== id);
  }
  async setLobby(open: boolean) {
    this.lobbyCalls.push(open);
    this.exposure.push(`lobby ${open}`);
  }
  setRelayOnly(relayOnly: boolean) {
    this.exposure.push(`relay only ${relayOnly}`);
  }
  async createInvite({ role = 'volunteer', ...terms }: InviteOptions = {}) {
    this.invited.push({ role, ...terms });
    const token = `${role}-token-${this.invited.length}`;
    const url = `https://p2c2r.example/${role}#room=r&invite=${token}`;
    return { url, token };
  }
  openStream(): Promise<never> {
    return Promise.reject(MeshError.closed('The client'));
  }
  submitTask(): never {
    throw MeshError.closed('The client');
  }
  async diagnostics() {
    return {};
  }
  async close() {
    this.isClosed = true;
  }
  become(state: Client['state']) {
    this.state = state;
    this.dispatchEvent(new Event('state'));
  }
}

export function tabStore(kept: Record<string, string> = {}): TabStore & { items: Map<string, string> } {
  const items = new Map(Object.entries(kept));
  return {
    items,
    getItem: (key) => items.get(key) ?? null,
    setItem: (key, value) => void items.set(key, value),
    removeItem: (key) => void items.delete(key),
  };
}

/** The time of day that sessions see. */
export const timeOfDay = { ms: 1_700_000_000_000 };

export function sessionWith(
  connect: Connect,
  store: TabStore | null = null,
  pageUrl = 'https://p2c2r.example/gamer',
  hasRelay = false,
) {
  const findRelay = async () => hasRelay;
  const rest = { findRelay, addressAudience: 'invited', now: () => timeOfDay.ms } as const;
  return new GamerSession({ connect, name: 'calm-fox', pageUrl, store, ...rest });
}

export const settled = () => new Promise((resolve) => setTimeout(resolve));
