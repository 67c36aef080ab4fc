import { randomUUID } from 'node:crypto';
import { errors, jwtVerify, SignJWT } from 'jose';
import { MeshError } from '../../shared/errors.ts';
import { type InviteRequest, type Role, roleSchema, sessionIdSchema } from '../../shared/signaling.ts';
import { z } from '../../shared/zod.ts';
import type { ServerClock } from '../clock.ts';
import type { CountedInvite, Store } from '../store/store.ts';
import type { RoomAddress } from './room-address.ts';

/** A member may return with its pass after a weekend, but not with one found in an old backup. */
export const PASS_VALID_S = 7 * 24 * 3_600;

/** The two kinds of token differ in their audience, so that neither is accepted as the other. */
const INVITE = 'p2c2r-invite';
const PASS = 'p2c2r-pass';

const claimsSchema = z.object({
  room: z.string(),
  inviteOnly: z.boolean(),
  role: roleSchema,
  exp: z.number(),
  jti: z.string(),
  uses: z.int().optional(),
  owner: z.boolean().optional(),
  /** Pass: the invite that first admitted its session. */
  via: z.object({ id: z.string(), expiresAtMs: z.number() }).optional(),
  /** Pass: the session that it was issued to. */
  sub: sessionIdSchema.optional(),
});

/** Refers to an invite without its token. */
export type InviteRef = Pick<CountedInvite, 'id' | 'expiresAtMs'>;

/** The session that presents a token. */
export interface Bearer {
  sessionId: string;
  role: Role;
  /** Absent: the page asks for no particular room. */
  room?: string | undefined;
}

/** What a valid token permits. */
export interface Grant {
  room: RoomAddress;
  isOwner: boolean;
  /** The invite that first admitted the bearer; null for the session that made the room. */
  invite: InviteRef | null;
  /** Null when the token may be used any number of times. */
  counted: CountedInvite | null;
}

/** The token was never valid for this bearer. An address that presents many of these is guessing. */
export class WrongInvite extends MeshError {
  constructor(message: string, cause?: unknown) {
    super('not-invited', message, { cause });
  }
}

/** The member that a pass is issued to. */
export interface PassHolder extends Pick<Grant, 'isOwner' | 'invite'> {
  role: Role;
  sessionId: string;
}

/**
 * Signed tokens (JWT, HS256; RFC 7519): invites, which members hand on, and passes, which readmit one session after a restart of
 * the server. The store remembers uses and revocations.
 */
export class Invites {
  /** Imported once; given the secret itself, jose would import it for every token. */
  readonly #key: Promise<CryptoKey>;

  constructor(
    secret: string,
    private readonly store: Pick<Store, 'useInvite' | 'ban' | 'isBanned'>,
    private readonly clock: Pick<ServerClock, 'epochMs'>,
  ) {
    const algorithm = { name: 'HMAC', hash: 'SHA-256' };
    this.#key = crypto.subtle.importKey('raw', new TextEncoder().encode(secret), algorithm, false, ['sign', 'verify']);
  }

  invite(room: RoomAddress, { role, expiresInS, uses, owner }: InviteRequest): Promise<string> {
    return this.#sign(INVITE, { room: room.name, inviteOnly: room.inviteOnly, role, uses, owner }, expiresInS);
  }

  pass(room: RoomAddress, { role, sessionId, isOwner, invite }: PassHolder): Promise<string> {
    const claims = { room: room.name, inviteOnly: room.inviteOnly, role, sub: sessionId };
    const rights = { ...(isOwner && { owner: true }), ...(invite && { via: invite }) };
    return this.#sign(PASS, { ...claims, ...rights }, PASS_VALID_S);
  }

  /**
   * Checks an invite or a pass. Does not count a use, see {@link countUse}.
   * @throws MeshError `not-invited` with what is wrong with the token; {@link WrongInvite} when nobody could have used it like this
   */
  async verify(token: string, { sessionId, role, room }: Bearer): Promise<Grant> {
    const claims = await this.#read(token);
    if (claims.sub !== undefined && claims.sub !== sessionId) {
      throw new WrongInvite('This pass belongs to another member. Ask for an invite of your own.');
    }
    if (room !== undefined && claims.room !== room) throw new WrongInvite('This invite is for another room.');
    if (claims.role !== role) {
      throw notInvited(`This invite is for a ${claims.role}. Open it on the ${claims.role} page, or ask for another.`);
    }
    const grant = { room: { name: claims.room, inviteOnly: claims.inviteOnly }, isOwner: claims.owner === true };
    // A revoked invite admits nobody new; passes of members that it admitted earlier stay valid.
    if (claims.sub !== undefined) return { ...grant, invite: claims.via ?? null, counted: null };
    const invite = refOf(claims);
    if (await this.store.isBanned(banOf(invite))) {
      throw notInvited('The owner of this room has revoked this invite. Ask for a new one.');
    }
    return { ...grant, invite, counted: claims.uses === undefined ? null : { ...invite, maxUses: claims.uses } };
  }

  /**
   * Counts a session against a token with a limited number of uses.
   * @throws MeshError `not-invited` when it is used up, `rate-limited` when the store counts too many invites
   */
  async countUse({ counted }: Pick<Grant, 'counted'>, sessionId: string): Promise<void> {
    if (counted && !(await this.store.useInvite(counted, sessionId))) {
      throw notInvited('This invite has been used up. Ask for a new one.');
    }
  }

  /**
   * Finds out which invite into a room a token is.
   * @throws MeshError `not-invited` when it is none, or has expired
   */
  async find(token: string, room: RoomAddress): Promise<InviteRef> {
    const claims = await this.#read(token);
    const isOfRoom = claims.room === room.name && claims.inviteOnly === room.inviteOnly;
    if (!isOfRoom || claims.sub !== undefined) throw notInvited('This is not an invite into this room.');
    return refOf(claims);
  }

  /** @throws MeshError `rate-limited` when the store remembers too many bans */
  async revoke(invite: InviteRef): Promise<void> {
    await this.store.ban(banOf(invite), invite.expiresAtMs);
  }

  async #sign(audience: string, claims: Record<string, unknown>, validS: number): Promise<string> {
    const nowS = Math.floor(this.clock.epochMs() / 1_000);
    return new SignJWT(claims)
      .setProtectedHeader({ alg: 'HS256' })
      .setAudience(audience)
      .setJti(randomUUID())
      .setIssuedAt(nowS)
      .setExpirationTime(nowS + validS)
      .sign(await this.#key);
  }

  async #read(token: string) {
    try {
      const { payload } = await jwtVerify(token, await this.#key, {
        algorithms: ['HS256'],
        audience: [INVITE, PASS],
        currentDate: new Date(this.clock.epochMs()),
      });
      const claims = claimsSchema.parse(payload);
      // A pass without a session would be an invite for everybody.
      if (payload.aud === PASS && claims.sub === undefined) throw new WrongInvite('This pass names no session.');
      return claims;
    } catch (cause) {
      if (cause instanceof errors.JWTExpired) throw notInvited('This invite has expired. Ask for a new one.', cause);
      throw new WrongInvite('This invite is not valid on this server. Check the link, or ask for a new one.', cause);
    }
  }
}

const refOf = ({ jti, exp }: { jti: string; exp: number }): InviteRef => ({ id: jti, expiresAtMs: exp * 1_000 });

const banOf = ({ id }: InviteRef) => `invite ${id}`;

export function notInvited(message: string, cause?: unknown): MeshError {
  return new MeshError('not-invited', message, { cause });
}
