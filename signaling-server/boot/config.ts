import { parseArgs } from 'node:util';
import { SIGNALING } from '../../shared/protocol-limits.ts';
import { z } from '../../shared/zod.ts';
import { COORDINATOR } from '../tuning.ts';
import { readSettingsFile } from './settings-file.ts';

const wholeNumber = (least: number, most: number) =>
  z
    .string()
    .regex(/^\d{1,9}$/)
    .transform(Number)
    .pipe(z.int().min(least).max(most));

const onOrOff = z.enum(['on', 'off']).transform((word) => word === 'on');

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
  invites: z.enum(['optional', 'required']),
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
    // A page takes 16; the last is that of TURN_URLS.
    .pipe(z.array(iceServer).max(15)),
  turnUrls: z
    .string()
    .transform((text) => text.split(',').flatMap((url) => url.trim() || []))
    .pipe(
      z
        .array(
          z
            .string()
            .max(512)
            .regex(/^turns?:[^\s/]+$/),
        )
        .max(8),
    ),
  turnSecret: z.union([z.literal(''), z.string().min(16)]),
  turnTtlS: wholeNumber(60, 30 * 24 * 3_600),
  /** Empty: a random one, kept in `stateDir`. */
  inviteSecret: z.union([z.literal(''), z.string().min(32)]),
  logLevel: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']),
  lan: onOrOff,
  httpsPort: wholeNumber(0, 65_535),
  tlsCert: z.string(),
  tlsKey: z.string(),
  /** Empty: what operators see is shown on this machine only. */
  operatorToken: z.union([z.literal(''), z.string().min(16)]),
  trustedProxies: wholeNumber(0, 8),
  limitFactor: wholeNumber(0, 10_000),
  drainDelayS: wholeNumber(0, 600),
  /** Empty: this server is alone. */
  redisUrl: z.union([z.literal(''), z.url({ protocol: /^rediss?$/ })]),
  configFile: z.string(),
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
  /** `on` or `off`; its flag alone means on. */
  isSwitch?: boolean;
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
    fallback: String(SIGNALING.roomCapacity),
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
  invites: {
    name: 'INVITES',
    fallback: 'optional',
    meaning: 'Whether every room wants an invite; else those made in code are open to whoever knows their names',
    expects: 'optional or required',
  },
  iceServers: {
    name: 'ICE_SERVERS',
    fallback: '[]',
    meaning: 'STUN and TURN servers given to the browsers, as JSON',
    expects: 'a JSON list such as [{"urls":"stun:stun.example:3478"}], with username and credential for TURN',
  },
  turnUrls: {
    name: 'TURN_URLS',
    fallback: '',
    meaning: 'TURN servers for browsers that cannot reach each other; each session is given credentials of its own',
    expects: 'up to 8 URLs separated by commas, such as turn:turn.example:3478,turns:turn.example:5349',
  },
  turnSecret: {
    name: 'TURN_SECRET',
    fallback: '',
    meaning: 'Makes the credentials for TURN_URLS; coturn has the same as static-auth-secret',
    expects: 'at least 16 characters, together with TURN_URLS',
    secret: true,
  },
  turnTtlS: {
    name: 'TURN_TTL_S',
    fallback: String(COORDINATOR.turnTtlS),
    meaning:
      'Seconds for which credentials for TURN_URLS open new connections; a page is given new ones before they end',
    expects: 'a whole number from 60 to 2592000',
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
  lan: {
    name: 'LAN',
    fallback: 'off',
    meaning: 'Serves HTTPS to the whole local network as well, with a certificate of its own unless TLS_CERT names one',
    expects: 'on or off; --lan alone is on',
    isSwitch: true,
  },
  httpsPort: {
    name: 'HTTPS_PORT',
    fallback: '8443',
    meaning: 'Port of HTTPS, with LAN or TLS_CERT; 0 takes any free one',
    expects: 'a whole number from 0 to 65535',
  },
  tlsCert: {
    name: 'TLS_CERT',
    fallback: '',
    meaning: 'Serves HTTPS with the certificate chain in this PEM file',
    expects: 'a file, together with TLS_KEY',
  },
  tlsKey: {
    name: 'TLS_KEY',
    fallback: '',
    meaning: 'The private key of TLS_CERT, a PEM file',
    expects: 'a file, together with TLS_CERT',
  },
  operatorToken: {
    name: 'OPERATOR_TOKEN',
    fallback: '',
    meaning: 'Opens /metrics and /status to other machines; without it they are shown on this one only',
    expects: 'at least 16 characters',
    secret: true,
  },
  trustedProxies: {
    name: 'TRUSTED_PROXIES',
    fallback: '0',
    meaning: 'Proxies in front of the server, each of which adds to X-Forwarded-For: whom limits per address count',
    expects: 'a whole number from 0 to 8',
  },
  limitFactor: {
    name: 'LIMIT_FACTOR',
    fallback: '1',
    meaning: 'Multiplies what one address or session may send in a time; 0 lets everybody send anything',
    expects: 'a whole number from 0 to 10000',
  },
  drainDelayS: {
    name: 'DRAIN_DELAY_S',
    fallback: '0',
    meaning:
      'Seconds to go on serving after a request to stop while /readyz says no: a balancer sends others elsewhere',
    expects: 'a whole number from 0 to 600',
  },
  redisUrl: {
    name: 'REDIS_URL',
    fallback: '',
    meaning: 'Shares rooms, sessions, reputations and limits with all other instances that name the same Redis',
    expects: 'a URL such as redis://localhost:6379 or rediss://user:password@redis.example:6380/2, with INVITE_SECRET',
    secret: true,
  },
  configFile: {
    name: 'CONFIG_FILE',
    fallback: '',
    meaning: 'A file of NAME=value lines, for whatever neither flag nor environment says',
    expects: 'a file',
  },
};

/** Each of use only with the other. */
const PAIRS = [
  ['tlsCert', 'tlsKey'],
  ['turnUrls', 'turnSecret'],
] as const satisfies (keyof Config)[][];

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
 * Flags win over the environment, the environment over CONFIG_FILE, that over the defaults; an empty value counts as unset.
 * @returns null when `--help` was asked for.
 * @throws ConfigError with every problem at once.
 */
export function readConfig(argv: readonly string[], env: NodeJS.ProcessEnv): Config | null {
  const { values: flags, problems } = readFlags(argv);
  if (flags.help) return null;
  const { name: fileSetting } = SETTINGS.configFile;
  const file = flags[flagOf(fileSetting)] ?? env[fileSetting];
  const names = settings.map(([, { name }]) => name).filter((name) => name !== fileSetting);
  const kept = file ? readSettingsFile(file, names) : { values: {}, problems: [] };
  problems.push(...kept.problems);
  const texts = Object.fromEntries(
    settings.map(([key, { name, fallback }]) => [
      key,
      flags[flagOf(name)] ?? (env[name] || kept.values[name] || fallback),
    ]),
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
  for (const pair of PAIRS) {
    const given = pair.filter((key) => texts[key]);
    const [missing] = pair.filter((key) => !texts[key]);
    if (given[0] === undefined || missing === undefined) continue;
    problems.push(`${SETTINGS[missing].name} is missing: ${SETTINGS[given[0]].name} is of use only together with it.`);
  }
  if (texts.redisUrl && !texts.inviteSecret) {
    problems.push('INVITE_SECRET is missing: with REDIS_URL every instance must have the same.');
  }
  if (problems.length > 0 || !parsed.success) throw new ConfigError(problems);
  return parsed.data;
}

function readFlags(argv: readonly string[]) {
  const publicSettings = settings.flatMap(([, setting]) => (setting.secret ? [] : setting));
  const publicFlags = publicSettings.map(({ name }) => flagOf(name));
  const switches = publicSettings.flatMap(({ name, isSwitch }) => (isSwitch ? flagOf(name) : []));
  const { tokens } = parseArgs({
    args: [...argv],
    strict: false,
    tokens: true,
    options: {
      ...Object.fromEntries(
        publicFlags.map((flag) => [
          flag,
          { type: switches.includes(flag) ? ('boolean' as const) : ('string' as const) },
        ]),
      ),
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
    else if (switches.includes(token.name)) values[token.name] = token.value ?? 'on';
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

/** What `--help` prints: a row a setting, and under it what it takes. */
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
  const indent = ' '.repeat(widths.reduce((sum, width) => sum + width + 2, 0));
  const takes = ['', ...settings.map(([, { expects }]) => `${indent}(${expects})`)];
  const withTypes = lines.flatMap((line, row) => [line, ...(takes[row] ? [takes[row]] : [])]);
  return `P2C2R's coordinator: serves the pages and introduces gamers to volunteers.\n\n${withTypes.join('\n')}\n`;
}

/** The same as a table of docs/hosting.md. */
export function settingsMarkdown(): string {
  const cell = (text: string) => text.replaceAll('|', '\\|');
  const rows = settings.map(([, { name, fallback, meaning, expects, secret }]) => {
    const flag = secret ? '(a secret: no flag)' : `\`--${flagOf(name)}\``;
    return `| \`${name}\` | ${flag} | ${cell(expects)} | ${fallback ? `\`${fallback}\`` : 'none'} | ${cell(meaning)} |`;
  });
  return ['| Setting | Flag | Takes | Default | What it does |', '|---|---|---|---|---|', ...rows].join('\n');
}
