import { createHash, randomBytes } from 'node:crypto';
import { errors, jwtVerify, SignJWT } from 'jose';
import { MeshError } from '../../shared/errors.ts';
import { type InviteRequest, type Role, roleSchema, sessionIdSchema } from '../../shared/signaling.ts';
import { z } from '../../shared/zod.ts';
import type { ServerClock } from '../clock.ts';
import type { Quota, Store } from '../store/store.ts';
import { type RoomAddress, roomKey } from './room-address.ts';

/** Long enough for a member to return after a weekend; too short for a pass that somebody finds in an old backup. */
export const PASS_VALID_S = 7 * 24 * 3_600;
/** How many times the right to invite can be passed on. Each time makes tokens about 100 characters longer. */
export const MAX_LINEAGE = 4;

/** The two kinds of token differ in their audience, so that neither is accepted as the other. */
const INVITE = 'p2c2r-invite';
const PASS = 'p2c2r-pass';

/** Identifies an invite without its token. */
export const inviteRefSchema = z.object({
  id: z.string(),
  /** ms since the Unix epoch. */
  expiresAtMs: z.number(),
  /** How many sessions it admits. Absent: any number. */
  maxUses: z.int().exactOptional(),
});
export type InviteRef = z.infer<typeof inviteRefSchema>;

/** An invite and, before it, those that it descends from, beginning with the owner's. Empty for a member that came without an invite. */
export const lineageSchema = z.array(inviteRefSchema).max(MAX_LINEAGE).readonly();
export type Lineage = z.infer<typeof lineageSchema>;

const claimsSchema = z.object({
  room: z.string(),
  /** The room's id. Absent in tokens of old versions, which identified rooms by name. */
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
  /** Whether the token is a pass: then its session was admitted before. */
  isPass: boolean;
}

/** What an invite says. */
export interface InspectedInvite {
  id: string;
  roomId: string;
  /** The room's name. */
  room: string;
  role: Role;
  /** Whether its bearer owns the room. */
  isOwner: boolean;
  /** Whether its bearer may invite others. */
  mayInvite: boolean;
  /** ms since the Unix epoch. */
  expiresAtMs: number;
  /** The invite itself and, before it, those that it descends from. */
  lineage: Lineage;
}

/** The token was never valid for this session. An address that sends many such tokens is guessing. */
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
 * Signed tokens (JWT, HS256; RFC 7519) of two kinds. Members give invites to others. A pass readmits one session after a restart of the
 * server. The store remembers uses and revocations.
 */
export class Invites {
  /** Imported once. If it were given the secret itself, jose would import it again for every token. */
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
   * @param lineage of the member that invites; empty for an owner. The new invite expires when the first invite of the lineage does, each of
   *   its uses counts for all of them, and revoking one of them revokes it.
   * @throws MeshError `not-invited` when one of them has expired or was revoked, or the right to invite was passed on too many times
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
   * @throws MeshError `not-invited` with what is wrong with the token; {@link WrongInvite} when it was never valid for this session
   */
  async verify(token: string, { sessionId, role, room }: Bearer): Promise<Grant> {
    const { id, ...claims } = await this.#read(token);
    if (claims.sub !== undefined && claims.sub !== sessionId) {
      throw new WrongInvite('This pass belongs to another member. Ask for an invite of your own.');
    }
    if (room !== undefined && claims.room !== room)
      throw new WrongInvite('This invite is for another room. Ask for one into this room.');
    if (claims.role !== role) {
      throw notInvited(`This invite is for a ${claims.role}. Open it on the ${claims.role} page, or ask for another.`);
    }
    const isOwner = claims.owner === true;
    const grant = {
      room: { id, name: claims.room, inviteOnly: claims.inviteOnly },
      ...{ isOwner, mayInvite: isOwner || claims.mayInvite === true },
    };
    // A revoked invite admits nobody new, but the passes of members that it admitted stay valid.
    if (claims.sub !== undefined) return { ...grant, lineage: claims.via ?? [], isPass: true };
    const lineage = [...(claims.via ?? []), refOf(claims)];
    await this.#refuseRevoked(lineage);
    return { ...grant, lineage, isPass: false };
  }

  /**
   * Counts a session as a use of an invite, and of those that it descends from, where their uses are limited.
   * @param network that the session comes from
   * @throws MeshError `not-invited` when it is used up, `rate-limited` when the store holds too many uses
   */
  async countUse({ room, lineage, isPass }: Grant, sessionId: string, network: string): Promise<void> {
    if (isPass) return;
    // The invite itself is counted first: if it is used up, the invites that it descends from must not lose a use.
    for (const { maxUses, ...invite } of lineage.toReversed()) {
      if (maxUses === undefined) continue;
      if (!(await this.store.useInvite({ ...invite, maxUses }, sessionId, { room: roomKey(room), network }))) {
        throw notInvited('This invite has been used up. Ask for a new one.');
      }
    }
  }

  /**
   * Finds out which invite a token is.
   * @throws MeshError `not-invited` when it is not an invite into this room, or has expired
   */
  async find(token: string, room: RoomAddress): Promise<InviteRef> {
    const claims = await this.#read(token);
    if (claims.id !== room.id || claims.sub !== undefined)
      throw notInvited('This is not an invite into this room. Give one that was made here.');
    return refOf(claims);
  }

  /**
   * Reads an invite for whom it admits, and where to.
   * @throws MeshError `not-invited` when it is no invite, has expired or was revoked
   */
  async inspect(token: string): Promise<InspectedInvite> {
    const claims = await this.#read(token);
    if (claims.sub !== undefined)
      throw notInvited('This is a member’s pass, not an invite. Give the link of an invite.');
    const { id, expiresAtMs } = refOf(claims);
    const lineage = [...(claims.via ?? []), refOf(claims)];
    await this.#refuseRevoked(lineage);
    const { id: roomId, room, role, owner: isOwner = false, mayInvite = false } = claims;
    return { id, roomId, room, role, isOwner, mayInvite, expiresAtMs, lineage };
  }

  /**
   * Makes the invite, and those that descend from it, admit nobody new.
   * @throws MeshError `rate-limited` when the store remembers too many bans
   */
  async revoke(invite: InviteRef, quota: Quota): Promise<void> {
    await this.store.ban(banOf(invite), invite.expiresAtMs, quota);
  }

  /** Whether passes of this lineage no longer readmit members from this network. */
  async arePassesEnded(lineage: Lineage, network: string): Promise<boolean> {
    const answers = await Promise.all(lineage.map((invite) => this.store.isBanned(passBanOf(invite, network))));
    return answers.includes(true);
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

/** The id of an invite in a ban. */
export const banOf = ({ id }: Pick<InviteRef, 'id'>) => `invite ${id}`;

/**
 * The id, in a ban, of the passes that members from one network got by an invite, or by one that descends from it. Whoever was removed may hold any
 * number of these; others that came by the same link keep theirs, but for those of the same network. Hashed, so that nobody who reads the bans can
 * tell which are of the same network.
 */
export const passBanOf = ({ id }: Pick<InviteRef, 'id'>, network: string) =>
  `passes ${createHash('sha256').update(`${id} ${network}`).digest('base64url')}`;

export function endedPass(): MeshError {
  return notInvited(
    'Somebody who came from your network by the same link, or by one that yours was made from, was removed from this room, so neither readmits anybody from there. Ask the owner for a new one.',
  );
}

export function revokedInvite(): MeshError {
  return notInvited('The owner of this room has revoked this invite. Ask for a new one.');
}

export function notInvited(message: string, cause?: unknown): MeshError {
  return new MeshError('not-invited', message, { cause });
}
