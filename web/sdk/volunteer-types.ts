import type { LogSetting } from '../../shared/log.ts';
import type { Quality } from '../../shared/tasks/upscale.ts';
import type { BackendName } from '../compute/backend.ts';
import type { ModelProgress } from '../compute/models/model-source.ts';
import type { MachineSignals } from './serving/machine-signals.ts';

// The public types of a volunteer. The comments here are its reference documentation.

export interface VolunteerOptions {
  /**
   * Address of the server.
   * @default the server this module was loaded from
   */
  url?: string;
  /** Name of the room to serve. */
  room?: string;
  /** For rooms that require an invite: the whole link, which also says the server and the room, or the signed token in it. */
  invite?: string;
  /**
   * Serves gamers of the server's open lobby instead of a room.
   * @default false
   */
  lobby?: boolean;
  /**
   * The name that gamers see.
   * @default 'volunteer'
   */
  name?: string;
  limits?: Partial<VolunteerLimits>;
  /**
   * What tells about the machine in place of the browser, for volunteers without a screen.
   * @default the browser's own interfaces
   */
  signals?: MachineSignals;
  /**
   * Forces one backend; some of them only run networks. Without WebGPU the CPU is used.
   * @default whichever is measured to be fastest
   */
  backend?: BackendName;
  /** Called like the event `model-progress`, but also during the start, when networks are downloaded and there is no node yet. */
  onModelProgress?: (progress: ModelProgress) => void;
  /** @default the servers that the P2C2R server names */
  iceServers?: RTCIceServer[];
  /**
   * Hides this machine's IP addresses from gamers: all data goes through TURN servers.
   * @default false
   */
  relayOnly?: boolean;
  /**
   * Least level of what this page's log writes to the console. `?log=` in the page's address and `localStorage['p2c2r-log']` override it.
   * @default 'off'
   */
  log?: LogSetting;
}

/**
 * What a volunteer lends, and when. While a limit holds it back, the volunteer is `paused` and `limitState` says why; it resumes by itself.
 */
export interface VolunteerLimits {
  /**
   * Part of the time in which it computes, above 0 and up to 1, in windows of a second. The time of the GPU counts where the GPU tells it.
   * @default 1
   */
  gpuShare: number;
  /**
   * The most gamers served at a time.
   * @default 4
   */
  maxGamers: number;
  /**
   * Pauses while somebody uses the computer, and for a minute after. Without the permission for Idle Detection, which a page asks for in a
   * click (`IdleDetector.requestPermission()`), only the use of the page itself is noticed.
   * @default false
   */
  onlyWhenIdle: boolean;
  /**
   * Pauses while the computer runs on battery. Refused with `unsupported-browser` where the browser does not tell.
   * @default false
   */
  pauseOnBattery: boolean;
  /**
   * Pauses on battery below this charge, 0..1. Refused like `pauseOnBattery`.
   * @default 0 (never)
   */
  pauseBelowBattery: number;
  /**
   * Keeps the computer awake while it serves and the page is shown. Refused with `unsupported-browser` where the browser cannot.
   * @default false
   */
  keepAwake: boolean;
  /**
   * Computes half as much, or a quarter, for some minutes while the machine is hot. No browser tells that: the times of streams' frames do, which grow
   * when a chip lowers its clock, and the Compute Pressure API where there is one.
   * @default false
   */
  slowWhenHot: boolean;
  /**
   * The hours of the week in which it serves, local time: weekday from 0 (Sunday), from minute, to minute of the day (up to 1,440). A window
   * that ends before it begins ends on the next day.
   * @default [] (always)
   */
  hours: [weekday: number, fromMinute: number, toMinute: number][];
  /**
   * Most megabytes (1,000,000 bytes) sent and received a day, together for all volunteers of this origin in this browser; 0 is no limit.
   * It counts what is exchanged with gamers, and models that are downloaded. The page itself and its messages to the server are not counted.
   * @default 0
   */
  dataMBPerDay: number;
  /**
   * Origins (https, or the volunteer's own server) from which gamers may have models run here.
   * @default []
   */
  acceptModelsFrom: string[];
  /**
   * Takes tasks of type `dialogue`: text that gamers send is given to a language model here.
   * @default true
   */
  acceptDialogue: boolean;
  /**
   * Lets `dialogue` use this browser's own language model (Prompt API), where there is one that is downloaded.
   * @default false
   */
  lendBrowserModel: boolean;
}

/** Which limit holds a volunteer back. */
export interface LimitState {
  limit: Exclude<keyof VolunteerLimits, 'lendBrowserModel' | 'slowWhenHot'>;
  /** A sentence for a person, such as "Paused: on battery." */
  why: string;
  /** The reason in it by itself, such as "on battery". */
  what: string;
}

/** Totals since the node started, except `gamers`, `load`, `coolingShare`, `qualities` and `bytesToday`. */
export interface VolunteerStats {
  tasksDone: number;
  framesDone: number;
  /** Gamers linked now. */
  gamers: number;
  /** Gamers that were linked, cannot be reached now, and are tried again. */
  interrupted: number;
  /** The busy part of the time that it lends (`gpuShare`), in the last seconds: 0 is idle, 1 fully busy. */
  load: number;
  /** What `slowWhenHot` leaves of `gpuShare` now: 1 unless the machine is hot. */
  coolingShare: number;
  /** Qualities of the streams' frames at the moment, each once. They are lower than requested if this machine is too slow. */
  qualities: Quality[];
  /** Time spent computing, ms. */
  busyMs: number;
  /** From gamers, and of models that were downloaded. */
  bytesIn: number;
  bytesOut: number;
  /** What counts towards `dataMBPerDay`. */
  bytesToday: number;
}
