import { parseArgs } from 'node:util';
import { COORDINATOR } from '../shared/tuning.ts';
import { z } from '../shared/zod.ts';

const wholeNumber = (least: number, most: number) =>
  z
    .string()
    .regex(/^\d{1,9}$/)
    .transform(Number)
    .pipe(z.int().min(least).max(most));

const isOrigin = (text: string) => text === '*' || (URL.canParse(text) && new URL(text).origin === text);

const iceServer = z.strictObject({
  urls: z.union([z.string().regex(/^(stun|turn)s?:/), z.array(z.string().regex(/^(stun|turn)s?:/)).min(1)]),
  username: z.string().exactOptional(),
  credential: z.string().exactOptional(),
});

const configSchema = z.object({
  port: wholeNumber(0, 65_535),
  host: z.string().regex(/^\S+$/),
  allowedOrigins: z
    .string()
    .transform((text) => text.split(',').flatMap((origin) => origin.trim() || []))
    .pipe(z.array(z.string().refine(isOrigin))),
  pagesDir: z.string().min(1),
  stateDir: z.string().min(1),
  roomCapacity: wholeNumber(2, 10_000),
  maxIntroductions: wholeNumber(1, 64),
  maxSessions: wholeNumber(2, 1_000_000),
  lobby: z.enum(['on', 'off']).transform((text) => text === 'on'),
  iceServers: z
    .string()
    .transform((text, context): unknown => {
      try {
        return JSON.parse(text);
      } catch {
        context.addIssue('not JSON');
        return z.NEVER;
      }
    })
    .pipe(z.array(iceServer).max(16)),
  /** Empty: a random one, kept in `stateDir`. */
  inviteSecret: z.union([z.literal(''), z.string().min(32)]),
  logLevel: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']),
});

/** How the coordinator was told to run; every member comes from one row of {@link SETTINGS}. */
export type Config = z.infer<typeof configSchema>;

interface Setting {
  /** Environment variable; the flag is the same word in lower case with dashes. */
  name: string;
  fallback: string;
  meaning: string;
  /** What would be right, for the message about a wrong value. */
  expects: string;
  /** Secrets stay out of command lines, which every user of a machine can list, and out of messages. */
  secret?: boolean;
}

const SETTINGS: Record<keyof Config, Setting> = {
  port: {
    name: 'PORT',
    fallback: '8080',
    meaning: 'Port of the pages and the sockets; 0 takes any free one',
    expects: 'a whole number from 0 to 65535',
  },
  host: {
    name: 'HOST',
    fallback: 'localhost',
    meaning: 'Address to listen on; 0.0.0.0 listens on every network',
    expects: 'a host name or address without spaces, such as localhost or 0.0.0.0',
  },
  allowedOrigins: {
    name: 'ALLOWED_ORIGINS',
    fallback: '',
    meaning: 'Other sites whose pages may connect, separated by commas; * for all',
    expects: 'origins separated by commas, such as https://game.example,https://other.example:8443',
  },
  pagesDir: {
    name: 'PAGES_DIR',
    fallback: '.build/pages',
    meaning: 'Folder of the built pages',
    expects: 'a folder',
  },
  stateDir: {
    name: 'STATE_DIR',
    fallback: '.build/state',
    meaning: 'Folder for what a restart must not forget',
    expects: 'a folder',
  },
  roomCapacity: {
    name: 'ROOM_CAPACITY',
    fallback: String(COORDINATOR.roomCapacity),
    meaning: 'Members of one room',
    expects: 'a whole number from 2 to 10000',
  },
  maxIntroductions: {
    name: 'MAX_INTRODUCTIONS',
    fallback: String(COORDINATOR.maxIntroductions),
    meaning: 'Volunteers one gamer is introduced to',
    expects: 'a whole number from 1 to 64',
  },
  maxSessions: {
    name: 'MAX_SESSIONS',
    fallback: String(COORDINATOR.maxSessions),
    meaning: 'Members of all rooms together',
    expects: 'a whole number from 2 to 1000000',
  },
  lobby: {
    name: 'LOBBY',
    fallback: 'off',
    meaning: 'An open lobby: volunteers without an invite serve whoever asks',
    expects: 'on or off',
  },
  iceServers: {
    name: 'ICE_SERVERS',
    fallback: '[]',
    meaning: 'STUN and TURN servers given to the browsers, as JSON',
    expects: 'a JSON list such as [{"urls":"stun:stun.example:3478"}], with username and credential for TURN',
  },
  inviteSecret: {
    name: 'INVITE_SECRET',
    fallback: '',
    meaning: 'Signs invites; by default random and kept in STATE_DIR',
    expects: 'at least 32 characters, the same for every instance',
    secret: true,
  },
  logLevel: {
    name: 'LOG_LEVEL',
    fallback: 'info',
    meaning: 'Least severity that is logged',
    expects: 'fatal, error, warn, info, debug, trace or silent',
  },
};

const settings = Object.entries(SETTINGS) as [keyof Config, Setting][];
const flagOf = (name: string) => name.toLowerCase().replaceAll('_', '-');

/** Everything that is wrong with the environment and the flags, a sentence each. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';

  constructor(readonly problems: readonly string[]) {
    super(problems.join('\n'));
  }
}

/**
 * Flags win over the environment, the environment over the defaults; an empty variable counts as unset.
 * @returns null when `--help` was asked for.
 * @throws ConfigError with every problem at once.
 */
export function readConfig(argv: readonly string[], env: NodeJS.ProcessEnv): Config | null {
  const { values: flags, problems } = readFlags(argv);
  if (flags.help) return null;
  const texts = Object.fromEntries(
    settings.map(([key, { name, fallback }]) => [key, flags[flagOf(name)] ?? (env[name] || fallback)]),
  );
  const parsed = configSchema.safeParse(texts);
  if (!parsed.success) {
    const wrong = new Set(parsed.error.issues.map(({ path }) => path[0]));
    for (const [key, { name, expects, secret }] of settings) {
      if (!wrong.has(key)) continue;
      const given = secret ? '' : ` is "${texts[key]}", which`;
      problems.push(`${name}${given} is not right: it must be ${expects}.`);
    }
  }
  if (problems.length > 0 || !parsed.success) throw new ConfigError(problems);
  return parsed.data;
}

function readFlags(argv: readonly string[]) {
  const publicFlags = settings.filter(([, { secret }]) => !secret).map(([, { name }]) => flagOf(name));
  const { tokens } = parseArgs({
    args: [...argv],
    strict: false,
    tokens: true,
    options: {
      ...Object.fromEntries(publicFlags.map((flag) => [flag, { type: 'string' as const }])),
      help: { type: 'boolean', short: 'h' },
    },
  });
  const values: Record<string, string> = {};
  const problems: string[] = [];
  for (const token of tokens) {
    if (token.kind === 'positional') problems.push(`"${token.value}" is not a flag. Run with --help to see them all.`);
    if (token.kind !== 'option') continue;
    if (token.name === 'help') values.help = 'yes';
    else if (!publicFlags.includes(token.name)) problems.push(unknownFlag(token.rawName));
    else if (token.value === undefined) problems.push(`${token.rawName} needs a value, as in ${token.rawName}=VALUE.`);
    else values[token.name] = token.value;
  }
  return { values, problems };
}

function unknownFlag(flag: string): string {
  const secret = settings.find(([, setting]) => setting.secret && `--${flagOf(setting.name)}` === flag);
  if (secret) return `${flag} is a secret: give it in the environment as ${secret[1].name}.`;
  return `There is no flag ${flag}. Run with --help to see them all.`;
}

/** What `--help` prints: one row a setting. */
export function helpText(): string {
  const rows = settings.map(([, { name, fallback, meaning, secret }]) => [
    secret ? '' : `--${flagOf(name)}`,
    name,
    fallback || '(none)',
    meaning,
  ]);
  const table = [['Flag', 'Environment', 'Default', 'Meaning'], ...rows];
  const widths = [0, 1, 2].map((column) => Math.max(...table.map((row) => row[column]?.length ?? 0)));
  const lines = table.map((row) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  '));
  return `P2C2R's coordinator: serves the pages and introduces gamers to volunteers.\n\n${lines.join('\n')}\n`;
}
