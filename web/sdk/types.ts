import type { LogSetting } from '../../shared/log.ts';
import type { ProgressListener, TaskProgress, Where } from '../../shared/tasks/definition.ts';
import type { Quality } from '../../shared/tasks/upscale.ts';
import type { ModelProgress } from '../compute/models/model-source.ts';
import type { Placement, PlacementCounts, Redispatch, RedispatchCause } from '../dispatch/dispatch-counts.ts';
import type { Timing } from '../dispatch/job.ts';
import type { Attachment, AttachOptions } from './attach/attachment.ts';
import type { Shown } from './attach/show-decision.ts';
import type { ConnectionReport, ConnectionStep, ConnectionStepName } from './connection-test/report.ts';
import type {
  FramePair,
  FrameStream,
  StreamChanges,
  StreamOptions,
  StreamQuality,
  StreamReason,
  StreamReasonKind,
  StreamSource,
  StreamStats,
} from './frame-stream.ts';
import type { MachineSignals } from './serving/machine-signals.ts';
import type { TaskType, TaskTypes } from './task-types.ts';

// The public types of the SDK. The comments here are its reference documentation.

export type * from './task-types.ts';
export type * from './volunteer-types.ts';
export type {
  Attachment,
  AttachOptions,
  ConnectionReport,
  ConnectionStep,
  ConnectionStepName,
  FramePair,
  FrameStream,
  LogSetting,
  MachineSignals,
  ModelProgress,
  Placement,
  PlacementCounts,
  Quality,
  Redispatch,
  RedispatchCause,
  Shown,
  StreamChanges,
  StreamOptions,
  StreamQuality,
  StreamReason,
  StreamReasonKind,
  StreamSource,
  StreamStats,
  TaskProgress,
  Timing,
  Where,
};

export interface TaskOptions {
  /**
   * Where the task may run. `auto`: whichever is predicted to finish first; `volunteers`: never on this machine, waiting for a volunteer
   * if there is none; `local`: only on this machine.
   * @default the client's `where`
   */
  where?: Where;
  /**
   * Higher runs first.
   * @default 0
   */
  priority?: number;
  /**
   * The task fails with reason `timeout` after this time, ms. At 0 or less it fails at once.
   * @default none: the task is waited for
   */
  timeoutMs?: number;
  /** Cancels the task. */
  signal?: AbortSignal;
  /**
   * Whether the result may come from the cache, or from an equal task under way.
   * @default true, except for `dialogue`
   */
  cache?: boolean;
  /** Called during a long task: with the downloads and rows of `infer` up to ten times a second, and with each tile of a large `upscale`. */
  onProgress?: ProgressListener;
  /** `dialogue`: called with each part of the answer as it is said, in order and each once. */
  onToken?: (token: string) => void;
}

/** A submitted task. */
export interface Task<T extends TaskType = TaskType> {
  /** For `getResult`. */
  readonly id: string;
  readonly type: T;
  /** Rejects with a MeshError. A task nobody awaits causes no unhandled rejection. */
  readonly result: Promise<TaskTypes[T]['result'] & { timing: Timing }>;
  /** Ends the task with reason `cancelled`, unless it has ended. */
  cancel(): void;
}

/** A linked volunteer. */
export interface VolunteerInfo {
  id: string;
  name: string;
  /** The backend with which it upscales; empty if it does not. */
  backend: string;
  /** Round-trip time of the link, ms. */
  rttMs: number;
  /** How busy it reports to be: 0 is idle, 1 fully busy. */
  load: number;
  /** The server's ranking score, 0..1. */
  score: number;
  /** The task types it can run. */
  tasks: TaskType[];
  /** Tasks of this client that it completed. */
  completed: number;
  /** Tasks of this client that it failed at. */
  failed: number;
  /** It gave a wrong result and gets no more work from this client. */
  barred: boolean;
}

/** Counts since the client connected, except `inFlight` and `queued`. */
export interface ClientStats {
  submitted: number;
  completed: number;
  failed: number;
  cancelled: number;
  /** Results from the cache, or from the run of an equal task. */
  cacheHits: number;
  /** Second attempts beside one that was late, or whose volunteer fell silent. */
  hedged: number;
  /** Attempts after one that ended without a result. */
  redispatched: number;
  /** Results computed on this machine. */
  ranLocally: number;
  /** Results computed by volunteers. */
  ranOnVolunteers: number;
  /** Results by where they were computed and why there. */
  placements: PlacementCounts;
  /** Results of volunteers that a check found wrong; they were not delivered. A stream's wrong pictures count as one. */
  rejectedByVerify: number;
  /** Tasks running now. */
  inFlight: number;
  /** Tasks waiting now. */
  queued: number;
}

export interface GamerOptions {
  /**
   * Address of the server.
   * @default the server this module was loaded from
   */
  url?: string;
  /**
   * Name of the room. Unless the room is invite-only, everybody who knows the name can join it.
   * @default a new room whose name has 128 random bits
   */
  room?: string;
  /** For rooms that require an invite: the whole link, which also says the server and the room, or the signed token in it. */
  invite?: string;
  /**
   * Makes a new room that can only be joined with an invite.
   * @default false
   */
  inviteOnly?: boolean;
  /**
   * Allows volunteers of the server's open lobby to help. They are strangers and see what they compute. Can be changed by `setLobby`.
   * @default false
   */
  lobby?: boolean;
  /**
   * Only lobby volunteers that can run at least one of these types are asked.
   * @default any volunteers
   */
  needs?: readonly TaskType[];
  /**
   * This client's name, which only the server sees.
   * @default 'gamer'
   */
  name?: string;
  /**
   * The default of every task and stream.
   * @default 'auto'
   */
  where?: Where;
  /** @default the servers that the P2C2R server names */
  iceServers?: RTCIceServer[];
  /**
   * Hides this machine's IP addresses from volunteers: all data goes through TURN servers.
   * @default false
   */
  relayOnly?: boolean;
  /** A WebRTC implementation for Node, such as `@roamhq/wrtc`. */
  wrtc?: unknown;
  /**
   * Least level of what this page's log writes to the console. `?log=` in the page's address and `localStorage['p2c2r-log']` override it.
   * @default 'off'
   */
  log?: LogSetting;
}

export interface InviteOptions {
  /** @default 'volunteer' */
  role?: 'volunteer' | 'gamer';
  /**
   * Validity, seconds; at most 604,800 (a week). From a guest that may invite: no longer than the invite it came by.
   * @default 86,400 (a day)
   */
  expiresInS?: number;
  /**
   * How many may join with it, at most 1,000.
   * @default unlimited
   */
  uses?: number;
  /**
   * For role `gamer`: whoever joins with it owns the room too, for example this page after a reload.
   * @default false
   */
  owner?: boolean;
  /**
   * For role `gamer`: whoever joins with it may invite others into an invite-only room. They count as uses of this invite too, and
   * revoking it revokes their invites.
   * @default false
   */
  mayInvite?: boolean;
  /** Your name, at most 64 characters: the link carries it, and whoever opens the link sees who asks. */
  from?: string;
}

/** An invite that was made. */
export interface CreatedInvite {
  /** Admits whoever opens it. */
  url: string;
  /** The signed invite in the link, for `revokeInvite` and `createInviteCode`. */
  token: string;
}

/** A code that a server keeps for an invite. */
export interface InviteCode {
  /** Leads to the invite, such as `K7QF2M9X`. */
  code: string;
  /** A link with the code. */
  shortUrl: string;
}

/** Another gamer of the room. */
export interface GamerInfo {
  id: string;
  name: string;
  /** Whether it owns the room as well; such a gamer cannot be removed. */
  owner: boolean;
}
