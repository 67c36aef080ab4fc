import { toBase64Url } from '../../shared/bytes.ts';
import { IDENTITY_KEY, IDENTITY_SIGNATURE, proofBytes } from '../../shared/identity.ts';
import { type EventAnswer, type JoinRequest, sessionIdOf } from '../../shared/signaling.ts';
import type { TestPage } from '../test-server.ts';

/** A volunteer's key pair, and the proofs made with it. */
export class TestIdentity {
  private constructor(
    readonly publicKey: string,
    private readonly pair: CryptoKeyPair,
  ) {}

  static async make(): Promise<TestIdentity> {
    const pair = await crypto.subtle.generateKey(IDENTITY_KEY, false, ['sign', 'verify']);
    return new TestIdentity(toBase64Url(new Uint8Array(await crypto.subtle.exportKey('raw', pair.publicKey))), pair);
  }

  /** Joins as a volunteer that claims this identity. Returns its session id and the challenge. */
  async claim(page: TestPage, request: Partial<JoinRequest> = {}): Promise<{ id: string; challenge: string }> {
    const { publicKey } = this;
    const { id, challenge } = await page.join({ role: 'volunteer', room: 'den', publicKey, ...request });
    if (!challenge) throw new Error('there is no challenge');
    return { id, challenge };
  }

  async sign(challenge: string, page: TestPage, host: string): Promise<string> {
    const bytes = proofBytes({ challenge, host, sessionId: await sessionIdOf(page.sessionKey) });
    return toBase64Url(new Uint8Array(await crypto.subtle.sign(IDENTITY_SIGNATURE, this.pair.privateKey, bytes)));
  }

  async prove(page: TestPage, challenge: string, url: string): Promise<EventAnswer<null>> {
    return page.ask<null>('prove', { signature: await this.sign(challenge, page, new URL(url).host) });
  }

  /** Joins and proves the identity. Returns the session id. */
  async join(page: TestPage, url: string, request: Partial<JoinRequest> = {}): Promise<string> {
    const { id, challenge } = await this.claim(page, request);
    const answer = await this.prove(page, challenge, url);
    if (!answer.ok) throw new Error(answer.error.message);
    return id;
  }
}
