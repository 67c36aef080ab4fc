import { toBase64Url } from './bytes.ts';
import { MAX_WIRE_MESSAGE_CHARS, MESH_ERROR_REASONS, type WireError } from './errors.ts';
import { challengeSchema, publicKeySchema, signatureSchema } from './identity.ts';
import { inviteCodeSchema } from './invite-code.ts';
import { readableName, SIGNALING } from './protocol-limits.ts';
import { linkOutcomeSchema } from './server-status.ts';
import { TASK_NAMES } from './tasks/definition.ts';
import { z } from './zod.ts';

/** Raise this whenever a change makes older pages or servers misread messages. */
export const PROTOCOL_VERSION = 15;

export const roleSchema = z.enum(['gamer', 'volunteer']);
export type Role = z.infer<typeof roleSchema>;

/** base64url of a SHA-256 hash cut to 128 bits, see {@link sessionIdOf}. */
export const sessionIdSchema = z.string().regex(/^[\w-]{22}$/);
const nameSchema = z.string().overwrite(readableName).min(1).max(SIGNALING.maxNameChars);
/** Any printable text without spaces at its ends. Knowing the name of an open room is enough to enter it. */
const roomSchema = z.string().trim().min(1).max(SIGNALING.maxRoomChars);

/** The state of a volunteer that the coordinator ranks it by. */
export const volunteerStatusSchema = z.strictObject({
  /** 0 (idle) to 1 (as busy as its owner allows). */
  load: z.number().min(0).max(1),
  accepting: z.boolean(),
  tasks: z.array(z.string().max(32)).max(16),
  maxGamers: z.int().min(1).max(64),
});
export type VolunteerStatus = z.infer<typeof volunteerStatusSchema>;

/** Sent as the `auth` of socket.io's CONNECT packet each time a socket opens, so that joining costs no extra round trip. */
export const joinSchema = z.strictObject({
  protocolVersion: z.int(),
  /**
   * 128 random bits that only this page knows. The session's id is their hash (see {@link sessionIdOf}), so any server can
   * resume a session that it has never seen.
   */
  sessionKey: z.string().regex(/^[\w-]{22}$/),
  role: roleSchema,
  name: nameSchema,
  /** Absent: the server makes a room with an unguessable name. */
  room: roomSchema.optional(),
  /** An invite, or the pass from an earlier join. */
  invite: z.string().max(SIGNALING.maxInviteChars).optional(),
  /** A room that this join creates will require a signed invite. */
  inviteOnly: z.boolean().optional(),
  /** Volunteer: serve any gamer, outside all rooms. Gamer: also accept help from such volunteers. */
  lobby: z.boolean().optional(),
  /** Gamer: accept lobby volunteers that can run at least one of these task types. Absent or empty: any volunteer. */
  needs: z.array(z.enum(TASK_NAMES)).max(TASK_NAMES.length).optional(),
  /** Gamer: it can open no links, and is introduced to nobody. */
  worksAlone: z.boolean().optional(),
  /** Volunteer: the key that its history is kept under. It proves possession by signing the challenge in the answer. */
  publicKey: publicKeySchema.optional(),
  status: volunteerStatusSchema.optional(),
  /** Gamer: the description that its first connection offers. It goes to the first volunteer of the answer, a round trip sooner than after it. */
  offer: z.string().max(SIGNALING.maxSdpChars).optional(),
});
export type JoinRequest = z.infer<typeof joinSchema>;

const iceServerSchema = z.object({
  urls: z.union([z.string().max(512), z.array(z.string().max(512)).max(16)]),
  username: z.string().max(512).exactOptional(),
  credential: z.string().max(512).exactOptional(),
});

/** The STUN and TURN servers of one session. Credentials for TURN are for sessions that are introduced to somebody. */
export const iceGrantSchema = z.strictObject({
  iceServers: z.array(iceServerSchema).max(16),
  /** Seconds from now during which the credentials open new connections; null when they do not expire. */
  iceValidS: z.int().min(1).nullable(),
});
export type IceGrant = z.infer<typeof iceGrantSchema>;

export interface Introduction {
  peerId: string;
  /** Null for a gamer: volunteers do not learn its name. */
  name: string | null;
  role: Role;
  /** True for the side that makes the offer: the gamer. */
  initiate: boolean;
  /** The coordinator's score of the volunteer, 0 to 1. */
  score: number;
  /** Credentials for the relay, renewed with every introduction; absent where there is no relay, and in an answer to a join, which has them. */
  ice?: IceGrant;
}

/** Pages also validate what servers send: a page may be pointed at any server. */
export const introductionSchema: z.ZodType<Introduction> = z.strictObject({
  peerId: sessionIdSchema,
  name: nameSchema.nullable(),
  role: roleSchema,
  initiate: z.boolean(),
  score: z.number(),
  ice: iceGrantSchema.exactOptional(),
});

export const joinedSchema = z.strictObject({
  id: sessionIdSchema,
  room: roomSchema,
  inviteOnly: z.boolean(),
  /** Sent as `invite` in the next join: readmits a member of an invite-only room after a restart of the server. */
  pass: z.string().max(SIGNALING.maxInviteChars).exactOptional(),
  ...iceGrantSchema.shape,
  /** The server has a TURN relay; credentials for it come with introductions. */
  relay: z.boolean().exactOptional(),
  /** True when the coordinator still knew this session. */
  resumed: z.boolean(),
  /** Whether this server has an open lobby. */
  lobby: z.boolean(),
  /** To be signed with the key named in the join (see `proofBytes`); null when the join named none. */
  challenge: challengeSchema.nullable(),
  /** True for the gamer that made the room or used an owner's invite: it may remove members and revoke invites. */
  owner: z.boolean(),
  /** Whether this gamer may invite others: the owner and guests whom the owner allows to; in an open room every gamer. */
  mayInvite: z.boolean(),
  /** Peers that are already there, sent with the answer because most pages join to meet someone who is waiting. */
  introductions: z.array(introductionSchema).max(SIGNALING.maxFirstIntroductions),
  /** Who of them was sent the offer that came with the join, as {@link FIRST_ATTEMPT}. */
  offered: sessionIdSchema.exactOptional(),
});
export type Joined = z.infer<typeof joinedSchema>;

/** The number of a page's first connection attempt, see `attempt` of a signal. */
export const FIRST_ATTEMPT = 0;

/** The three kinds of signal that simple-peer makes here. Any other would destroy the receiving peer, so it is refused. */
export const peerSignalSchema = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('offer'), sdp: z.string().max(SIGNALING.maxSdpChars) }),
  z.strictObject({
    type: z.literal('answer'),
    sdp: z.string().max(SIGNALING.maxSdpChars),
    /** The sender's hello as JSON, which it need not send when the connection is open. Only the receiver reads it. */
    hello: z.string().max(SIGNALING.maxHelloChars).exactOptional(),
  }),
  z.strictObject({
    type: z.literal('candidate'),
    candidate: z.strictObject({
      candidate: z.string().max(SIGNALING.maxCandidateChars),
      sdpMLineIndex: z.int().min(0).max(16).nullable().optional(),
      sdpMid: z.string().max(64).nullable().optional(),
    }),
  }),
]);
export type PeerSignal = z.infer<typeof peerSignalSchema>;

const signalRequestSchema = z.strictObject({
  to: sessionIdSchema,
  /** Counts the connection attempts of this pair, so that a late signal of an old attempt does not reach a new one. */
  attempt: z.int().min(0).max(1_000_000),
  signal: peerSignalSchema,
});

const inviteSchema = z.strictObject({
  role: roleSchema,
  /** From a member that was invited itself, the invite ends no later than the one it came by. */
  expiresInS: z.int().min(1).max(SIGNALING.maxInviteS),
  uses: z.int().min(1).max(SIGNALING.maxInviteUses).optional(),
  /** Makes the bearer an owner of the room as well: an owner's way back after a reload. */
  owner: z.boolean().optional(),
  /** Lets the bearer, a gamer, invite others; who comes by such an invite counts as a use of this one too. */
  mayInvite: z.boolean().optional(),
});

/** What the server tells whoever asks by a code: the invite that the code stands for. */
export const foundInviteSchema = z.object({
  room: roomSchema,
  token: z.string().max(SIGNALING.maxInviteChars),
  /** Whom it admits. */
  role: roleSchema,
  /** The name of the gamer who invites. */
  from: nameSchema,
});
export type FoundInvite = z.infer<typeof foundInviteSchema>;

/** A gamer of a room, as its owner sees it. */
const roomGamerSchema = z.strictObject({ id: sessionIdSchema, name: nameSchema, owner: z.boolean() });
export type RoomGamer = z.infer<typeof roomGamerSchema>;

/** What a gamer observed of a volunteer since its last report. */
const reportSchema = z.strictObject({
  volunteerId: sessionIdSchema,
  completed: z.int().min(0).max(1_000_000),
  failed: z.int().min(0).max(1_000_000),
  rttMs: z.number().min(0).max(60_000),
});

/** What a wrong answer may have been for. */
export const ACCUSED_WORK = [...TASK_NAMES, 'stream'] as const;
export type AccusedWork = (typeof ACCUSED_WORK)[number];

/** Words of ours only, since the server logs them: a sentence might have the name of a person in it, or anything that a stranger likes. */
const accusationSchema = z.strictObject({
  volunteerId: sessionIdSchema,
  work: z.enum(ACCUSED_WORK),
  reason: z.enum(MESH_ERROR_REASONS),
});

/** A full room of the largest default size. A larger one lists those that came first. */
export const MAX_LISTED_GAMERS = 128;

/** Pages send null as the payload of an event that has none; nothing at all is accepted too. */
const noPayload = z.null().optional();
const done = z.null();

const eventTable = {
  /** Relays a signal to a peer that was introduced. */
  signal: { schema: signalRequestSchema, role: 'any', reply: done },
  /** A volunteer's load, and whether it accepts work. */
  status: { schema: volunteerStatusSchema, role: 'volunteer', reply: done },
  /** How much work a volunteer did for the gamer. */
  report: { schema: reportSchema, role: 'gamer', reply: done },
  /** How an attempt to connect ended. Shows the server's operator whether TURN is needed and works. */
  link: { schema: z.strictObject({ outcome: linkOutcomeSchema }), role: 'gamer', reply: done },
  /** The gamer caught a volunteer returning a wrong result. */
  accuse: { schema: accusationSchema, role: 'gamer', reply: done },
  /** Proves that the volunteer holds the key that its join named. */
  prove: { schema: z.strictObject({ signature: signatureSchema }), role: 'volunteer', reply: done },
  /** Whether volunteers of the lobby may help this gamer. */
  lobby: { schema: z.strictObject({ open: z.boolean() }), role: 'gamer', reply: done },
  /** Makes a signed invite into the gamer's room, where it may. */
  invite: { schema: inviteSchema, role: 'gamer', reply: z.object({ token: z.string() }) },
  /** Has the server keep a short code for an invite into the gamer's room, where it may invite. Not for one that makes owners or lets guests invite. */
  inviteCode: {
    schema: z.strictObject({ token: z.string().max(SIGNALING.maxInviteChars) }),
    role: 'gamer',
    reply: z.object({ code: inviteCodeSchema }),
  },
  /** The room's owner revokes an invite: it admits nobody new. */
  revoke: {
    schema: z.strictObject({ token: z.string().max(SIGNALING.maxInviteChars) }),
    role: 'gamer',
    reply: done,
  },
  /** The room's owner removes a volunteer. */
  remove: { schema: z.strictObject({ volunteerId: sessionIdSchema }), role: 'gamer', reply: done },
  /** The other gamers of a room, for its owner. */
  gamers: { schema: noPayload, role: 'gamer', reply: z.array(roomGamerSchema).max(MAX_LISTED_GAMERS) },
  /** The room's owner removes another gamer, which is no owner. */
  removeGamer: { schema: z.strictObject({ gamerId: sessionIdSchema }), role: 'gamer', reply: done },
  /** Renews TURN credentials for a session that outlasts the present ones. Introduced to nobody, it gets some for a short test. */
  ice: { schema: noPayload, role: 'any', reply: iceGrantSchema },
  leave: { schema: noPayload, role: 'any', reply: done },
} as const satisfies Record<string, EventSpec<unknown, unknown>>;

interface EventSpec<Payload, Reply> {
  readonly schema: z.ZodType<Payload>;
  /** The role that may send it; `any`: both. */
  readonly role: Role | 'any';
  /** Schema of the value in a successful answer. */
  readonly reply: z.ZodType<Reply>;
}

export type ClientEvent = keyof typeof eventTable;
export type EventPayload<E extends ClientEvent> = z.infer<(typeof eventTable)[E]['schema']>;
export type EventReply<E extends ClientEvent> = z.infer<(typeof eventTable)[E]['reply']>;

/**
 * Every event that a page may send after it joined. The server's handlers, the client's requests and the fuzz test are derived from
 * this table.
 */
export const CLIENT_EVENTS: { readonly [E in ClientEvent]: EventSpec<EventPayload<E>, EventReply<E>> } = eventTable;

export const isClientEvent = (name: string): name is ClientEvent => Object.hasOwn(CLIENT_EVENTS, name);

export type SignalRequest = EventPayload<'signal'>;
export type VolunteerReport = EventPayload<'report'>;
export type LinkReport = EventPayload<'link'>;
export type Accusation = EventPayload<'accuse'>;
export type InviteRequest = EventPayload<'invite'>;

export type EventAnswer<T> = { ok: true; value: T } | { ok: false; error: WireError };

/** socket.io's event map from pages to the server: every event is acknowledged with an answer. */
export type ClientToServerEvents = {
  [E in ClientEvent]: (payload: EventPayload<E>, acknowledge: (answer: EventAnswer<EventReply<E>>) => void) => void;
};

export const relayedSignalSchema = z.strictObject({
  from: sessionIdSchema,
  attempt: z.int().min(0),
  signal: peerSignalSchema,
});
export type RelayedSignal = z.infer<typeof relayedSignalSchema>;

export const goneSchema = z.strictObject({
  peerId: sessionIdSchema,
  why: z.enum(['left', 'expired', 'replaced', 'removed']),
});
export type PeerGone = z.infer<typeof goneSchema>;

export interface ServerToClientEvents {
  /** The answer to the join that came with the socket's handshake. */
  joined: (answer: EventAnswer<Joined>) => void;
  introduce: (introduction: Introduction) => void;
  signal: (signal: RelayedSignal) => void;
  /**
   * A peer left for good; a lobby volunteer may have been moved to another gamer. With `replaced` (a newer socket took over
   * this session) and `removed` (the room's owner removed a member) `peerId` may be the receiver's own id.
   */
  gone: (member: PeerGone) => void;
}

export const wireErrorSchema = z.strictObject({
  reason: z.enum(MESH_ERROR_REASONS),
  message: z.string().max(MAX_WIRE_MESSAGE_CHARS),
});

/** The public id of a session: SHA-256 of its key, cut to 128 bits, base64url. */
export async function sessionIdOf(sessionKey: string): Promise<string> {
  const hash = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(sessionKey));
  return toBase64Url(new Uint8Array(hash, 0, 16));
}
