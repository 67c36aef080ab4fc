import { randomUUID } from 'node:crypto';
import { errors, jwtVerify, SignJWT } from 'jose';
import { MeshError } from '../../shared/errors.ts';
import { type InviteRequest, type Role, roleSchema, sessionIdSchema } from '../../shared/signaling.ts';
import { z } from '../../shared/zod.ts';
import type { ServerClock } from '../clock.ts';
import type { CountedInvite } from '../store/store.ts';
import { COORDINATOR } from '../tuning.ts';
import type { KnownInvite } from './bans.ts';
import type { Place } from './room-address.ts';

/** Held apart by their audience, so that neither passes for the other. */
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
  /** Of a pass: the invite that its session first came by. */
  via: z.object({ id: z.string(), expiresAtMs: z.number() }).optional(),
  /** A pass is for the session it was given to. */
  sub: sessionIdSchema.optional(),
});

/** What a token must agree with. */
export interface Bearer {
  sessionId: string;
  role: Role;
  /** Absent: wherever the token leads. */
  room?: string | undefined;
}

export interface Grant {
  place: Place;
  isOwner: boolean;
  /** What first let its bearer in; null for whoever made the room. */
  invite: KnownInvite | null;
  /** It was a pass: what was taken back since does not end it. */
  isPass: boolean;
  /** Null when it may be used any number of times. */
  counted: CountedInvite | null;
}

/** Brought by somebody it was not given to, or made by nobody here: who has many of them is guessing. */
export class WrongInvite extends MeshError {
  constructor(message: string, cause?: unknown) {
    super('not-invited', message, { cause });
  }
}

/** Whom a pass is for. */
export interface PassHolder extends Pick<Grant, 'isOwner' | 'invite'> {
  role: Role;
  sessionId: string;
}

/** Signed tokens (JWT, HS256): invites, which members hand on, and passes, which let a member back in after a restart. */
export class Invites {
  /** Imported once: jose would do it for every token. */
  readonly #key: Promise<CryptoKey>;

  constructor(
    secret: string,
    private readonly clock: Pick<ServerClock, 'epochMs'>,
  ) {
    const algorithm = { name: 'HMAC', hash: 'SHA-256' };
    this.#key = crypto.subtle.importKey('raw', new TextEncoder().encode(secret), algorithm, false, ['sign', 'verify']);
  }

  invite(place: Place, { role, expiresInS, uses, owner }: InviteRequest): Promise<string> {
    return this.#sign(INVITE, { room: place.name, inviteOnly: place.inviteOnly, role, uses, owner }, expiresInS);
  }

  pass(place: Place, { role, sessionId, isOwner, invite }: PassHolder): Promise<string> {
    const claims = { room: place.name, inviteOnly: place.inviteOnly, role, sub: sessionId };
    const rights = { ...(isOwner && { owner: true }), ...(invite && { via: invite }) };
    return this.#sign(PASS, { ...claims, ...rights }, COORDINATOR.passValidS);
  }

  /**
   * What is known of an invite into a room.
   * @throws MeshError `not-invited` when it is none, or has ended already
   */
  async known(token: string, place: Place): Promise<KnownInvite> {
    const claims = await this.#read(token);
    const isOfRoom = claims.room === place.name && claims.inviteOnly === place.inviteOnly;
    if (!isOfRoom || claims.sub !== undefined) throw notInvited('This is no invite into this room.');
    return idOf(claims);
  }

  /** @throws MeshError `not-invited` with what is wrong with the token; {@link WrongInvite} when it was never right for anybody here. */
  async verify(token: string, { sessionId, role, room }: Bearer): Promise<Grant> {
    const claims = await this.#read(token);
    if (claims.sub !== undefined && claims.sub !== sessionId) {
      throw new WrongInvite('This pass belongs to another member. Ask for an invite of your own.');
    }
    if (room !== undefined && claims.room !== room) throw new WrongInvite('This invite is for another room.');
    if (claims.role !== role) {
      throw notInvited(`This invite is for a ${claims.role}. Open it on the ${claims.role} page, or ask for another.`);
    }
    const place = { name: claims.room, inviteOnly: claims.inviteOnly };
    const isOwner = claims.owner === true;
    if (claims.sub !== undefined) return { place, isOwner, invite: claims.via ?? null, isPass: true, counted: null };
    const invite = idOf(claims);
    const counted = claims.uses === undefined ? null : { ...invite, maxUses: claims.uses };
    return { place, isOwner, invite, isPass: false, counted };
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
      // Without its session a pass would be an invite for everybody.
      if (payload.aud === PASS && claims.sub === undefined) throw new WrongInvite('This pass names nobody.');
      return claims;
    } catch (cause) {
      if (cause instanceof errors.JWTExpired) throw notInvited('This invite has expired. Ask for a new one.', cause);
      throw new WrongInvite('This invite is not valid on this server. Check the link, or ask for a new one.', cause);
    }
  }
}

function idOf({ jti, exp }: { jti: string; exp: number }): KnownInvite {
  return { id: jti, expiresAtMs: exp * 1_000 };
}

export function notInvited(message: string, cause?: unknown): MeshError {
  return new MeshError('not-invited', message, { cause });
}
