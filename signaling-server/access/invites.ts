import { randomBytes } from 'node:crypto';
import { errors, jwtVerify, SignJWT } from 'jose';
import { MeshError } from '../../shared/errors.ts';
import { type InviteRequest, type Role, roleSchema, sessionIdSchema } from '../../shared/signaling.ts';
import { z } from '../../shared/zod.ts';
import type { ServerClock } from '../clock.ts';
import type { Quota, Store } from '../store/store.ts';
import { type RoomAddress, roomKey } from './room-address.ts';

/** A member may return with its pass after a weekend, but not with one found in an old backup. */
export const PASS_VALID_S = 7 * 24 * 3_600;
/** How often the right to invite can be handed on. Each step makes tokens some 100 characters longer. */
export const MAX_LINEAGE = 4;

/** The two kinds of token differ in their audience, so that neither is accepted as the other. */
const INVITE = 'p2c2r-invite';
const PASS = 'p2c2r-pass';

/** Refers to an invite without its token. */
export const inviteRefSchema = z.object({
  id: z.string(),
  /** ms since the Unix epoch. */
  expiresAtMs: z.number(),
  /** Absent: any number of sessions. */
  maxUses: z.int().exactOptional(),
});
export type InviteRef = z.infer<typeof inviteRefSchema>;

/** An invite, and before it those that it descends from, the owner's first. Empty for who came without one. */
export const lineageSchema = z.array(inviteRefSchema).max(MAX_LINEAGE).readonly();
export type Lineage = z.infer<typeof lineageSchema>;

const claimsSchema = z.object({
  room: z.string(),
  /** The room's id. Absent in tokens of versions that knew rooms by name. */
  id: z.string().optional(),
  inviteOnly: z.boolean(),
  role: roleSchema,
  exp: z.number(),
  jti: z.string(),
  uses: z.int().optional(),
  owner: z.boolean().optional(),
  mayInvite: z.boolean().optional(),
  /** Invite: those that it descends from. Pass: the one that admitted its session, and those before it. */
  via: lineageSchema.optional(),
  /** Pass: the session that it was issued to. */
  sub: sessionIdSchema.optional(),
});

/** The session that presents a token. */
export interface Bearer {
  sessionId: string;
  role: Role;
  /** Absent: the page asks for no particular room. */
  room?: string | undefined;
}

/** What a member of a room may do, and by which invite it came. */
export interface Rights {
  isOwner: boolean;
  /** Whether the owner lets it invite others. */
  mayInvite: boolean;
  lineage: Lineage;
}

/** What a valid token permits. */
export interface Grant extends Rights {
  room: RoomAddress;
  /** Whether the token is a pass, whose bearer was admitted before. */
  isPass: boolean;
}

/** The token was never valid for this bearer. An address that presents many of these is guessing. */
export class WrongInvite extends MeshError {
  constructor(message: string, cause?: unknown) {
    super('not-invited', message, { cause });
  }
}

/** The member that a pass is issued to. */
export interface PassHolder extends Rights {
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

  /**
   * @param lineage of the member that invites; empty for an owner. The invite ends with the first of them, counts against the uses
   *   of each, and is revoked with any.
   * @throws MeshError `not-invited` when one of them has ended or was revoked, or has been handed on too often
   */
  async invite(room: RoomAddress, request: InviteRequest, lineage: Lineage = []): Promise<string> {
    const { role, expiresInS, uses, owner, mayInvite } = request;
    if (lineage.length >= MAX_LINEAGE)
      throw notInvited('Your invite was handed on too often. Ask the owner for another.');
    await this.#refuseRevoked(lineage);
    const leftS = lineage.map(({ expiresAtMs }) => Math.floor((expiresAtMs - this.clock.epochMs()) / 1_000));
    const validS = Math.min(expiresInS, ...leftS);
    if (validS < 1) throw notInvited('The invite that you came by has expired. Ask the owner for a new one.');
    const rights = { uses, owner, mayInvite, ...(lineage.length > 0 && { via: lineage }) };
    return this.#sign(INVITE, { ...claimsOf(room), role, ...rights }, validS);
  }

  pass(room: RoomAddress, { role, sessionId, isOwner, mayInvite, lineage }: PassHolder): Promise<string> {
    const rights = {
      ...(isOwner && { owner: true }),
      ...(mayInvite && { mayInvite: true }),
      ...(lineage.length > 0 && { via: lineage }),
    };
    return this.#sign(PASS, { ...claimsOf(room), role, sub: sessionId, ...rights }, PASS_VALID_S);
  }

  /**
   * Checks an invite or a pass. Does not count a use, see {@link countUse}.
   * @throws MeshError `not-invited` with what is wrong with the token; {@link WrongInvite} when nobody could have used it like this
   */
  async verify(token: string, { sessionId, role, room }: Bearer): Promise<Grant> {
    const { id, ...claims } = await this.#read(token);
    if (claims.sub !== undefined && claims.sub !== sessionId) {
      throw new WrongInvite('This pass belongs to another member. Ask for an invite of your own.');
    }
    if (room !== undefined && claims.room !== room) throw new WrongInvite('This invite is for another room.');
    if (claims.role !== role) {
      throw notInvited(`This invite is for a ${claims.role}. Open it on the ${claims.role} page, or ask for another.`);
    }
    const isOwner = claims.owner === true;
    const grant = {
      room: { id, name: claims.room, inviteOnly: claims.inviteOnly },
      ...{ isOwner, mayInvite: isOwner || claims.mayInvite === true },
    };
    // A revoked invite admits nobody new; passes of members that it admitted earlier stay valid.
    if (claims.sub !== undefined) return { ...grant, lineage: claims.via ?? [], isPass: true };
    const lineage = [...(claims.via ?? []), refOf(claims)];
    await this.#refuseRevoked(lineage);
    return { ...grant, lineage, isPass: false };
  }

  /**
   * Counts a session against an invite with a limited number of uses, and against those that it descends from.
   * @param network that the session comes from
   * @throws MeshError `not-invited` when it is used up, `rate-limited` when the store counts too many uses
   */
  async countUse({ room, lineage, isPass }: Grant, sessionId: string, network: string): Promise<void> {
    if (isPass) return;
    // The invite itself goes first: one that is used up must not use up those that it descends from.
    for (const { maxUses, ...invite } of lineage.toReversed()) {
      if (maxUses === undefined) continue;
      if (!(await this.store.useInvite({ ...invite, maxUses }, sessionId, { room: roomKey(room), network }))) {
        throw notInvited('This invite has been used up. Ask for a new one.');
      }
    }
  }

  /**
   * Finds out which invite into a room a token is.
   * @throws MeshError `not-invited` when it is none, or has expired
   */
  async find(token: string, room: RoomAddress): Promise<InviteRef> {
    const claims = await this.#read(token);
    if (claims.id !== room.id || claims.sub !== undefined) throw notInvited('This is not an invite into this room.');
    return refOf(claims);
  }

  /**
   * The invite, and those that descend from it, admit nobody new.
   * @throws MeshError `rate-limited` when the store remembers too many bans
   */
  async revoke(invite: InviteRef, quota: Quota): Promise<void> {
    await this.store.ban(banOf(invite), invite.expiresAtMs, quota);
  }

  async #refuseRevoked(lineage: Lineage): Promise<void> {
    const answers = await Promise.all(lineage.map((invite) => this.store.isBanned(banOf(invite))));
    if (answers.includes(true)) throw revokedInvite();
  }

  async #sign(audience: string, claims: Record<string, unknown>, validS: number): Promise<string> {
    const nowS = Math.floor(this.clock.epochMs() / 1_000);
    return new SignJWT(claims)
      .setProtectedHeader({ alg: 'HS256' })
      .setAudience(audience)
      .setJti(randomBytes(16).toString('base64url'))
      .setIssuedAt(nowS)
      .setExpirationTime(nowS + validS)
      .sign(await this.#key);
  }

  async #read(token: string) {
    const { id, ...claims } = await this.#readSigned(token);
    if (id === undefined)
      throw notInvited('This invite was made by an older version of this server. Ask for a new one.');
    return { ...claims, id };
  }

  async #readSigned(token: string) {
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

const claimsOf = ({ id, name, inviteOnly }: RoomAddress) => ({ room: name, id, inviteOnly });

function refOf({ jti, exp, uses }: { jti: string; exp: number; uses?: number | undefined }): InviteRef {
  return { id: jti, expiresAtMs: exp * 1_000, ...(uses !== undefined && { maxUses: uses }) };
}

/** Names an invite in a ban. */
export const banOf = ({ id }: Pick<InviteRef, 'id'>) => `invite ${id}`;

export function revokedInvite(): MeshError {
  return notInvited('The owner of this room has revoked this invite. Ask for a new one.');
}

export function notInvited(message: string, cause?: unknown): MeshError {
  return new MeshError('not-invited', message, { cause });
}
