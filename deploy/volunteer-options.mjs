import { parseArgs } from 'node:util';
import { SetupError } from './failure.mjs';
import { readLimits } from './volunteer-limits.mjs';

export const VOLUNTEER_HELP = `Volunteers this machine's GPU without a screen, until it is asked to stop.

npm run volunteer -- --url URL --room ROOM [flags]

--url URL              the server, or a whole invite link, which includes the room
--room ROOM            the room to serve
--invite TOKEN         a signed invite, for rooms that need one
--name NAME            the name that gamers see; by default a random one
--max-gamers N         most gamers served at the same time, 1 to 64
--gpu-share N          part of the computing time that is lent, above 0 and up to 1
--only-when-idle       pause while somebody uses this machine (as xprintidle or systemd-logind tell)
--pause-on-battery     pause while this machine runs on battery
--pause-below-battery N  pause on battery below this charge, 0 to 1
--hours "DAYS HH:MM-HH:MM"  serve only then, may be repeated, such as --hours "mon-fri 20:00-08:00"
--data-mb-per-day N    pause when this many megabytes were sent and received today
--accept-models-from URL  another server whose models gamers may run here, may be repeated
--no-dialogue          run no language models
--keep-awake           keep this machine from falling asleep while it serves (by systemd-inhibit)
--insecure             accept an untrusted certificate, such as that of npm start -- --lan
--browser-flag=FLAG    a flag for Chromium, may be repeated, such as --browser-flag=--use-angle=vulkan
--without-sandbox      run Chromium without its sandbox, as root or where the machine allows none: what breaks out of the
                       page then has all the rights of this user`;

/**
 * @typedef {object} VolunteerOptions
 * @property {string} url the server's address, without a slash at its end
 * @property {string} room
 * @property {string | undefined} invite
 * @property {string | undefined} name
 * @property {Partial<import('../web/sdk/types.ts').VolunteerLimits>} limits
 * @property {boolean} insecure
 * @property {string[]} browserFlags
 * @property {boolean} withoutSandbox
 */

/**
 * @param {readonly string[]} argv
 * @returns {VolunteerOptions | null} null when `--help` was asked for
 * @throws {SetupError} with all problems, one sentence each
 */
export function readVolunteerOptions(argv) {
  const values = parse(argv);
  if (values.help) return null;
  /** @type {string[]} */
  const problems = [];
  const url = URL.canParse(values.url ?? '') ? new URL(values.url ?? '') : null;
  if (!url || !/^https?:$/.test(url.protocol)) {
    problems.push('--url must be the address of a server or an invite link, such as https://play.example.org.');
  }
  const link = new URLSearchParams(url?.hash.slice(1));
  const room = values.room ?? link.get('room');
  if (!room) problems.push('--room is missing: name the room to serve, or pass a whole invite link as --url.');
  const limits = readLimits(values, problems);
  if (problems.length > 0 || !url || !room) throw new SetupError(problems.join('\n'));
  return {
    // Below the origin where the server shares it with others.
    url: url.origin + url.pathname.replace(/\/(?:volunteer|gamer)?\/*$/, ''),
    room,
    invite: values.invite ?? link.get('invite') ?? undefined,
    name: values.name,
    limits,
    insecure: values.insecure ?? false,
    browserFlags: values['browser-flag'] ?? [],
    withoutSandbox: values['without-sandbox'] ?? false,
  };
}

/** @param {readonly string[]} argv */
function parse(argv) {
  try {
    return parseArgs({
      args: [...argv],
      options: {
        url: { type: 'string' },
        room: { type: 'string' },
        invite: { type: 'string' },
        name: { type: 'string' },
        'max-gamers': { type: 'string' },
        'gpu-share': { type: 'string' },
        'only-when-idle': { type: 'boolean' },
        'pause-on-battery': { type: 'boolean' },
        'pause-below-battery': { type: 'string' },
        hours: { type: 'string', multiple: true },
        'data-mb-per-day': { type: 'string' },
        'accept-models-from': { type: 'string', multiple: true },
        'no-dialogue': { type: 'boolean' },
        'keep-awake': { type: 'boolean' },
        insecure: { type: 'boolean' },
        'browser-flag': { type: 'string', multiple: true },
        'without-sandbox': { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
      },
    }).values;
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new SetupError(`${why} Run with --help to see all flags.`);
  }
}
