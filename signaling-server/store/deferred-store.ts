import type { CountedInvite, KeptCode, Quota, Report, Reporter, Store } from './store.ts';

/**
 * A store that opens later: all that is asked of it waits. A server that takes the place of another serves pages and sockets at once, but may
 * use the folder only when the other has ended.
 */
export class DeferredStore implements Store {
  #isOpen = false;
  #isClosed = false;

  /** @param opening must not reject */
  constructor(private readonly opening: Promise<Store>) {
    void opening.then(async (store) => {
      this.#isOpen = true;
      if (this.#isClosed) await store.close();
    });
  }

  async reputation(historyId: string) {
    return (await this.opening).reputation(historyId);
  }

  async partners(gamerId: string) {
    return (await this.opening).partners(gamerId);
  }

  async record(reporter: Reporter, historyId: string, report: Report) {
    return (await this.opening).record(reporter, historyId, report);
  }

  async accused(roomKey: string) {
    return (await this.opening).accused(roomKey);
  }

  async accuse(roomKey: string, gamerId: string, historyId: string) {
    return (await this.opening).accuse(roomKey, gamerId, historyId);
  }

  async useInvite(invite: CountedInvite, sessionId: string, quota: Quota) {
    return (await this.opening).useInvite(invite, sessionId, quota);
  }

  async ban(id: string, expiresAtMs: number, quota: Quota) {
    return (await this.opening).ban(id, expiresAtMs, quota);
  }

  async isBanned(id: string) {
    return (await this.opening).isBanned(id);
  }

  async keepCode(code: KeptCode, quota: Quota) {
    return (await this.opening).keepCode(code, quota);
  }

  async codeOf(id: string) {
    return (await this.opening).codeOf(id);
  }

  async endCode(id: string) {
    return (await this.opening).endCode(id);
  }

  /** Does not wait for a store that is not open: the other server may go on for good. A store that opens later is closed then. */
  async close() {
    this.#isClosed = true;
    if (this.#isOpen) await (await this.opening).close();
  }
}
