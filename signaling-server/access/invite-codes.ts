import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes } from 'node:crypto';
import { CODE_ALPHABET, CODE_CHARS } from '../../shared/invite-code.ts';
import { type FoundInvite, foundInviteSchema } from '../../shared/signaling.ts';
import { z } from '../../shared/zod.ts';
import type { ServerClock } from '../clock.ts';
import type { Store } from '../store/store.ts';
import { type InviteRef, type Invites, notInvited, WrongInvite } from './invites.ts';
import { type RoomAddress, roomKey } from './room-address.ts';

/** A code is for now: somebody reads it to a friend. A link may live longer than its code. */
export const CODE_VALID_S = 24 * 3_600;

/** AES-256-GCM; 96-bit nonces as NIST SP 800-38D recommends. */
const CIPHER = 'aes-256-gcm';
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

const recordSchema = z.object({
  /** The id of the invite that the code was made for. */
  invite: z.string(),
  token: foundInviteSchema.shape.token,
  from: foundInviteSchema.shape.from,
  endsAtMs: z.number(),
});
type Kept = z.infer<typeof recordSchema>;

/** Who has a code made. */
export interface CodeMaker {
  /** Its session. */
  id: string;
  room: RoomAddress;
  /** Its name, which whoever has the code is told. */
  name: string;
  /** The widest network that it comes from, hashed. */
  network: string;
}

/**
 * Short codes for invites. The store has them under a keyed hash, and the invites encrypted: whoever reads the store could otherwise enter the
 * rooms, since all codes can be tried within hours.
 */
export class InviteCodes {
  readonly #hashKey: Buffer;
  readonly #cipherKey: Buffer;
  readonly #codeKey: Buffer;

  /** @param secret of the server; the same at all instances */
  constructor(
    secret: string,
    private readonly store: Pick<Store, 'keepCode' | 'codeOf' | 'endCode'>,
    private readonly invites: Pick<Invites, 'inspect' | 'invite'>,
    private readonly clock: Pick<ServerClock, 'epochMs'>,
  ) {
    const keys = Buffer.from(hkdfSync('sha256', secret, '', 'p2c2r invite codes', 96));
    this.#hashKey = keys.subarray(0, 32);
    this.#cipherKey = keys.subarray(32, 64);
    this.#codeKey = keys.subarray(64);
  }

  /**
   * Makes the code of an invite, or finds it again: an invite has one. It ends with the invite. For an invite that lasts longer than
   * {@link CODE_VALID_S} it leads to another, which descends from that one and ends with the code, so that a code that somebody found gives no more.
   * @throws MeshError `not-invited` when the token is no invite into this room, makes owners or lets its bearer invite, has expired or was
   *   revoked; `rate-limited`
   */
  async make(token: string, { id: maker, room, name, network }: CodeMaker): Promise<string> {
    const { roomId, role, isOwner, mayInvite, ...invite } = await this.invites.inspect(token);
    if (roomId !== room.id) throw notInvited('This is not an invite into this room. Give one that was made here.');
    if (isOwner || mayInvite) {
      throw notInvited('An invite that makes owners, or lets guests invite, gets no code. Send its link.');
    }
    const code = this.#codeFor(invite);
    const id = this.#idOf(code);
    const nowMs = this.clock.epochMs();
    const kept = await this.#kept(id);
    if (kept?.invite === invite.id && kept.endsAtMs > nowMs) return code;
    const lastMs = nowMs + CODE_VALID_S * 1_000;
    const isLong = invite.expiresAtMs > lastMs;
    const endsAtMs = isLong ? lastMs : invite.expiresAtMs;
    const short = isLong ? await this.invites.invite(room, { role, expiresInS: CODE_VALID_S }, invite.lineage) : token;
    const sealed = this.#seal(id, { invite: invite.id, token: short, from: name, endsAtMs });
    await this.store.keepCode({ id, sealed, endsAtMs, maker }, { room: roomKey(room), network });
    return code;
  }

  /** Ends the code of an invite that was revoked, if it has one. */
  async end(invite: Pick<InviteRef, 'id'>): Promise<void> {
    await this.store.endCode(this.#idOf(this.#codeFor(invite)));
  }

  /**
   * Finds the invite that a code stands for.
   * @throws MeshError `not-invited` when the code has expired, or the invite was revoked; {@link WrongInvite} when there is no such code
   */
  async find(code: string): Promise<FoundInvite> {
    const record = await this.#kept(this.#idOf(code));
    if (!record) {
      throw new WrongInvite(
        'This server knows no such code. It may have ended, or a character is wrong. Check it, or ask for a new one.',
      );
    }
    const { token, from, endsAtMs } = record;
    if (endsAtMs <= this.clock.epochMs()) throw notInvited('This code has expired. Ask for a new one.');
    const { room, role } = await this.invites.inspect(token);
    return { room, token, role, from };
  }

  async #kept(id: string): Promise<Kept | null> {
    const sealed = await this.store.codeOf(id);
    return sealed === null ? null : this.#open(id, sealed);
  }

  /**
   * Nobody without the secret can tell a code from the random id of its invite. Five of the hash's bits for each character: two of 10,000 codes
   * are equal with a probability of 5e-5, and then the newer one counts.
   */
  #codeFor({ id }: Pick<InviteRef, 'id'>): string {
    const bytes = createHmac('sha256', this.#codeKey).update(id).digest().subarray(0, CODE_CHARS);
    return Array.from(bytes, (byte) => CODE_ALPHABET.charAt(byte & 31)).join('');
  }

  #idOf(code: string): string {
    return createHmac('sha256', this.#hashKey).update(code).digest().subarray(0, 16).toString('base64url');
  }

  /** The id is authenticated with it, so that nobody who can write to the store exchanges what two codes stand for. */
  #seal(id: string, record: Kept): string {
    const nonce = randomBytes(NONCE_BYTES);
    const cipher = createCipheriv(CIPHER, this.#cipherKey, nonce).setAAD(Buffer.from(id));
    const text = Buffer.concat([cipher.update(JSON.stringify(record)), cipher.final()]);
    return Buffer.concat([nonce, cipher.getAuthTag(), text]).toString('base64url');
  }

  /** @returns null for what this server has not sealed, for example before its secret was changed */
  #open(id: string, sealed: string): Kept | null {
    const bytes = Buffer.from(sealed, 'base64url');
    try {
      const decipher = createDecipheriv(CIPHER, this.#cipherKey, bytes.subarray(0, NONCE_BYTES))
        .setAAD(Buffer.from(id))
        .setAuthTag(bytes.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES));
      const text = Buffer.concat([decipher.update(bytes.subarray(NONCE_BYTES + TAG_BYTES)), decipher.final()]);
      return recordSchema.parse(JSON.parse(text.toString()));
    } catch {
      return null;
    }
  }
}
