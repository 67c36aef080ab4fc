import { parseArgs } from 'node:util';
import { SetupError } from './failure.mjs';

/** The largest `maxGamers` that shared/signaling.ts accepts. */
const MOST_GAMERS = 64;

export const VOLUNTEER_HELP = `Volunteers this machine's GPU without a screen, until it is asked to stop.

npm run volunteer -- --url URL --room ROOM [flags]

--url URL              the server, or a whole invite link, which includes the room
--room ROOM            the room to serve
--invite TOKEN         a signed invite, for rooms that need one
--name NAME            the name that gamers see; by default a random one
--max-gamers N         most gamers served at the same time, 1 to ${MOST_GAMERS}
--insecure             accept an untrusted certificate, such as that of npm start -- --lan
--browser-flag=FLAG    a flag for Chromium, may be repeated, such as --browser-flag=--use-angle=vulkan
--without-sandbox      run Chromium without its sandbox, as root or where the machine allows none: what breaks out of the
                       page then has all the rights of this user`;

/**
 * @typedef {object} VolunteerOptions
 * @property {string} url the server's origin
 * @property {string} room
 * @property {string | undefined} invite
 * @property {string | undefined} name
 * @property {number | undefined} maxGamers
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
  const maxGamers = values['max-gamers'] === undefined ? undefined : Number(values['max-gamers']);
  if (maxGamers !== undefined && !(Number.isInteger(maxGamers) && maxGamers >= 1 && maxGamers <= MOST_GAMERS)) {
    problems.push(`--max-gamers is "${values['max-gamers']}": it must be a whole number from 1 to ${MOST_GAMERS}.`);
  }
  if (problems.length > 0 || !url || !room) throw new SetupError(problems.join('\n'));
  return {
    url: url.origin,
    room,
    invite: values.invite ?? link.get('invite') ?? undefined,
    name: values.name,
    maxGamers,
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
