import { toBase64Url } from './bytes.ts';
import { MAX_WIRE_MESSAGE_CHARS, MESH_ERROR_REASONS, type WireError } from './errors.ts';
import { challengeSchema, publicKeySchema, signatureSchema } from './identity.ts';
import { SIGNALING } from './protocol-limits.ts';
import { linkOutcomeSchema } from './server-status.ts';
import { TASK_NAMES } from './tasks/definition.ts';
import { z } from './zod.ts';

/** Raised whenever the two ends of any connection would misunderstand each other. */
export const PROTOCOL_VERSION = 7;

export const roleSchema = z.enum(['gamer', 'volunteer']);
export type Role = z.infer<typeof roleSchema>;

/** base64url of a SHA-256 cut to 128 bits. */
export const sessionIdSchema = z.string().regex(/^[\w-]{22}$/);
const nameSchema = z.string().trim().min(1).max(SIGNALING.maxNameChars);
/** A room's name may be any printable text without spaces at its ends; the name is what lets one in. */
const roomSchema = z.string().trim().min(1).max(SIGNALING.maxRoomChars);

/** What the coordinator needs to rank a volunteer. */
export const volunteerStatusSchema = z.strictObject({
  /** 0 idle .. 1 as busy as its limits allow. */
  load: z.number().min(0).max(1),
  accepting: z.boolean(),
  tasks: z.array(z.string().max(32)).max(16),
  maxGamers: z.int().min(1).max(64),
});
export type VolunteerStatus = z.infer<typeof volunteerStatusSchema>;

/** Comes as the `auth` of socket.io's CONNECT packet, whenever a socket opens: a join costs no round trip of its own. */
export const joinSchema = z.strictObject({
  protocolVersion: z.int(),
  /**
   * 128 random bits only this page knows; the session's id is its hash (see sessionIdOf), so any server can resume a session
   * without having seen it before.
   */
  sessionKey: z.string().regex(/^[\w-]{22}$/),
  role: roleSchema,
  name: nameSchema,
  /** Absent: a new room with an unguessable name. */
  room: roomSchema.optional(),
  /** An invite, or the pass of an earlier join. */
  invite: z.string().max(SIGNALING.maxInviteChars).optional(),
  /** Makes a new room one that wants a signed invite. */
  inviteOnly: z.boolean().optional(),
  /** A volunteer's wish to serve whoever needs it, in no room; a gamer's to be helped by such volunteers as well. */
  lobby: z.boolean().optional(),
  /** A gamer's of the lobby: volunteers that can do something of this. Absent or empty: any. */
  needs: z.array(z.enum(TASK_NAMES)).max(TASK_NAMES.length).optional(),
  /** A volunteer's, which it is to prove it holds by signing the challenge in the answer; what it did before then counts for it. */
  publicKey: publicKeySchema.optional(),
  status: volunteerStatusSchema.optional(),
});
export type JoinRequest = z.infer<typeof joinSchema>;

const iceServerSchema = z.object({
  urls: z.union([z.string().max(512), z.array(z.string().max(512)).max(16)]),
  username: z.string().max(512).exactOptional(),
  credential: z.string().max(512).exactOptional(),
});

/** What reaches through networks: the servers of one session. */
export const iceGrantSchema = z.strictObject({
  iceServers: z.array(iceServerSchema).max(16),
  /** For how long their credentials open new connections, s from now; null where they do not end. */
  iceValidS: z.int().min(1).nullable(),
});
export type IceGrant = z.infer<typeof iceGrantSchema>;

export interface Introduction {
  peerId: string;
  /** Null for a gamer: its volunteers need not know it. */
  name: string | null;
  role: Role;
  /** True for the side that makes the offer: the gamer. */
  initiate: boolean;
  /** The coordinator's score of the volunteer, 0..1. */
  score: number;
}

/** Server to browser messages are validated as well: a page may be pointed at any server. */
export const introductionSchema: z.ZodType<Introduction> = z.strictObject({
  peerId: sessionIdSchema,
  name: nameSchema.nullable(),
  role: roleSchema,
  initiate: z.boolean(),
  score: z.number(),
});

export const joinedSchema = z.strictObject({
  id: sessionIdSchema,
  room: roomSchema,
  inviteOnly: z.boolean(),
  /** Presented as `invite` when joining again: lets a member of an invite-only room back in after a restart of the server. */
  pass: z.string().max(SIGNALING.maxInviteChars).exactOptional(),
  ...iceGrantSchema.shape,
  /** True when the coordinator still knew this session. */
  resumed: z.boolean(),
  /** Is there an open lobby here? */
  lobby: z.boolean(),
  /** To be signed with the key that the join named (see `proofBytes`); null when it named none. */
  challenge: challengeSchema.nullable(),
  /** A gamer's that made the room, or came by its maker's invite for owners: it may remove volunteers and take invites back. */
  owner: z.boolean(),
  /** Whom it is introduced to already: most pages come for somebody who is there. */
  introductions: z.array(introductionSchema).max(SIGNALING.maxFirstIntroductions),
});
export type Joined = z.infer<typeof joinedSchema>;

/** The three kinds of signal simple-peer makes here; anything else would destroy the peer, so it stops at the border. */
export const peerSignalSchema = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('offer'), sdp: z.string().max(SIGNALING.maxSdpChars) }),
  z.strictObject({ type: z.literal('answer'), sdp: z.string().max(SIGNALING.maxSdpChars) }),
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

export const signalSchema = z.strictObject({
  to: sessionIdSchema,
  /** Counts the connections this pair has tried, so that a late signal of an old one is not given to a new one. */
  attempt: z.int().min(0).max(1_000_000),
  signal: peerSignalSchema,
});
export type SignalRequest = z.infer<typeof signalSchema>;

export const inviteSchema = z.strictObject({
  role: roleSchema,
  expiresInS: z.int().min(1).max(31_536_000),
  uses: z.int().min(1).max(10_000).optional(),
  /** Its bearer owns the room as well: an owner's way back after a reload. */
  owner: z.boolean().optional(),
});
export type InviteRequest = z.infer<typeof inviteSchema>;

/** The room's owner takes an invite back: it lets in nobody new. */
export const takeBackSchema = z.strictObject({ token: z.string().max(SIGNALING.maxInviteChars) });
export type TakeBackRequest = z.infer<typeof takeBackSchema>;

/** The room's owner wants to be rid of a volunteer. */
export const removalSchema = z.strictObject({ volunteerId: sessionIdSchema });
export type Removal = z.infer<typeof removalSchema>;

/** What a gamer saw of a volunteer since its last report. */
export const reportSchema = z.strictObject({
  volunteerId: sessionIdSchema,
  completed: z.int().min(0).max(1_000_000),
  failed: z.int().min(0).max(1_000_000),
  rttMs: z.number().min(0).max(60_000),
});
export type VolunteerReport = z.infer<typeof reportSchema>;

/** A gamer's word on how an attempt to connect went: the server's operator learns whether TURN is needed, and works. */
export const linkReportSchema = z.strictObject({ outcome: linkOutcomeSchema });
export type LinkReport = z.infer<typeof linkReportSchema>;
/** A gamer caught a volunteer giving a wrong result. */
export const accusationSchema = z.strictObject({
  volunteerId: sessionIdSchema,
  taskType: z.string().min(1).max(32),
  /** What was wrong, for the server's log. */
  why: z.string().max(SIGNALING.maxAccusationChars),
});
export type Accusation = z.infer<typeof accusationSchema>;

export const proofSchema = z.strictObject({ signature: signatureSchema });
export type Proof = z.infer<typeof proofSchema>;

/** May volunteers of the lobby help this gamer? */
export const lobbySchema = z.strictObject({ open: z.boolean() });
export type LobbyRequest = z.infer<typeof lobbySchema>;

export type Answer<T> = { ok: true; value: T } | { ok: false; error: WireError };
type Ack<T> = (answer: Answer<T>) => void;

export interface ClientToServerEvents {
  signal: (request: SignalRequest, ack: Ack<null>) => void;
  status: (status: VolunteerStatus, ack: Ack<null>) => void;
  report: (report: VolunteerReport, ack: Ack<null>) => void;
  link: (report: LinkReport, ack: Ack<null>) => void;
  accuse: (accusation: Accusation, ack: Ack<null>) => void;
  prove: (proof: Proof, ack: Ack<null>) => void;
  lobby: (request: LobbyRequest, ack: Ack<null>) => void;
  invite: (request: InviteRequest, ack: Ack<{ token: string }>) => void;
  /** Takes back an invite. */
  takeback: (request: TakeBackRequest, ack: Ack<null>) => void;
  /** Removes a volunteer from the room. */
  remove: (removal: Removal, ack: Ack<null>) => void;
  /** Asks for new credentials, for a session that stays longer than the present ones hold. */
  ice: (nothing: null, ack: Ack<IceGrant>) => void;
  leave: (nothing: null, ack: Ack<null>) => void;
}

export interface ServerToClientEvents {
  /** The answer to the join that came with the socket's handshake. */
  joined: (answer: Answer<Joined>) => void;
  introduce: (introduction: Introduction) => void;
  signal: (signal: { from: string; attempt: number; signal: PeerSignal }) => void;
  /**
   * A member left for good, in the lobby perhaps for another gamer, or was removed by the room's owner, or was replaced by a newer
   * socket of the same session. In the last two cases `peerId` may be one's own.
   */
  gone: (member: z.infer<typeof goneSchema>) => void;
}

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
export type Farewell = z.infer<typeof goneSchema>;
export const wireErrorSchema = z.strictObject({
  reason: z.enum(MESH_ERROR_REASONS),
  message: z.string().max(MAX_WIRE_MESSAGE_CHARS),
});

/** The public id of a session: SHA-256 of its key, cut to 128 bits, base64url. */
export async function sessionIdOf(sessionKey: string): Promise<string> {
  const hash = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(sessionKey));
  return toBase64Url(new Uint8Array(hash, 0, 16));
}
