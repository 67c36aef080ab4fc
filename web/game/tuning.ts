/** The gamer page's built-in game. */
export const GAME = {
  /** What a modest machine draws and a volunteer doubles to 720p. */
  width: 640,
  height: 360,
  /** A craft moves half a metre a step at full speed: finer than anything it can touch. */
  stepMs: 1000 / 120,
  /** Beyond 8 frames a second the game slows down rather than simulate what nobody saw. */
  maxStepsPerFrame: 15,
  /** On a faster screen more frames would only be dropped by the stream. */
  maxFps: 60,
  /** Without a touch for this long the game plays itself again. */
  attractAfterMs: 15_000,
  /** A browser whose GPU process is still starting has no WebGL for its first moments. */
  contextAttempts: 8,
  contextRetryMs: 250,
  /** How long a lost WebGL context may take to come back before the game gives up. */
  contextRestoreMs: 5_000,
  /** Frames that may wait for a slow reader; newer ones are then not captured. */
  maxQueuedFrames: 2,
  /** How often the page hears of score and lap. */
  stateIntervalMs: 200,
} as const;

/** What the built-in game has other machines do. */
export const GAME_WORK = {
  /** The policy learned to decide 20 times a second (training/steering.py). */
  steerEveryS: 0.05,
  /** A decision is followed this long after what it was made of was seen: at 58 m/s a ship is 17 m further, inside what the policy looks ahead. */
  steerHoldS: 0.3,
  /** A drone hovers so long for its way through the city: as one that looks round before it leaves. */
  droneWaitS: 0.6,
  /** Rubble that is about to be hit is computed so long before: an answer from the next house is there by then. */
  debrisLeadS: 0.08,
  /** From one picture of the hangar to the next: a tenth of what a processor takes for it, and a turn in fifty pictures. */
  hangarPauseMs: 40,
  hangarTurnRad: 0.125,
  /** A volunteer that has to fetch the model and the runtime first, over a slow line, takes some seconds. */
  timeoutMs: 10_000,
  /** Past the page's own limit: then the page itself is stuck. */
  giveUpMs: 12_000,
  /** After a question that nobody answered: short enough that a volunteer who just came is noticed at once. */
  restMs: 500,
  /** How often the page tells what runs where: as often as a person can read it. */
  tellMs: 500,
  /** What it tells is of so long: of what is asked all the time, and of what is asked now and then. */
  windowMs: { ships: 2_000, drones: 8_000, debris: 8_000, hangar: 10_000 },
  /** After an answer in time, whoever gave it is told as doing the work for so long, whatever failed since. */
  steadyMs: 1_000,
  /** Tasks remembered of each part: two seconds of the most there can be. */
  maxRemembered: 64,
} as const;
