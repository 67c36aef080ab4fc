import { SIGNALING } from '../../shared/protocol-limits.ts';
import { z } from '../../shared/zod.ts';
import { DEFAULT_MAX_INTRODUCTIONS } from '../rooms/introductions.ts';
import {
  emptyOrAtLeast,
  hosts,
  iceServers,
  onOrOff,
  origins,
  publicUrl,
  turnUrls,
  wholeNumber,
} from './setting-schemas.ts';

/** One setting of the server: its default, its check and its description. */
export interface Setting {
  /** Environment variable; the flag is the same name in lower case with dashes. */
  name: string;
  /** The value when nobody sets one, as text. */
  fallback: string;
  /** Turns the text into the value. */
  schema: z.ZodType<unknown, string>;
  /** Completes the sentence "it must be ..." in the message about an invalid value. */
  expects: string;
  help: string;
  /** Secrets have no flag, since every user of a machine can list command lines, and messages do not repeat them. */
  secret?: boolean;
  /** `on` or `off`; the flag alone means on. */
  isSwitch?: boolean;
}

/** The table of all settings: {@link Config}, `--help` and the table in docs/hosting.md derive from it. */
const SETTINGS = {
  port: {
    name: 'PORT',
    fallback: '8080',
    ...wholeNumber(0, 65_535),
    help: 'Port for HTTP; 0 takes any free port',
  },
  host: {
    name: 'HOST',
    fallback: 'localhost',
    schema: z.string().regex(/^\S+$/),
    expects: 'a host name or address without spaces, such as localhost or ::',
    help: 'Address to listen on: localhost for this machine alone, :: for all networks, 0.0.0.0 for all IPv4 networks',
  },
  allowedOrigins: {
    name: 'ALLOWED_ORIGINS',
    fallback: '',
    schema: origins(),
    expects: 'origins separated by commas, such as https://game.example,https://other.example:8443',
    help: 'Other sites whose pages may connect to this server; * allows all',
  },
  publicUrl: {
    name: 'PUBLIC_URL',
    fallback: '',
    schema: publicUrl(),
    expects:
      'an http or https URL without a query, such as https://play.example.org:8443/ or https://example.org/p2c2r/',
    help: 'Address under which browsers reach this server through a proxy, when the proxy does not pass it on or serves a path of its own for it. Pages of that origin are our own',
  },
  allowedHosts: {
    name: 'ALLOWED_HOSTS',
    fallback: '',
    schema: hosts(),
    expects: 'names separated by commas, without ports, such as play.example.org',
    help: 'Host names under which browsers may reach the server; * allows all. IP addresses, localhost and the names in TLS_CERT and PUBLIC_URL are always allowed. By default HOST, the name of this machine and those in ALLOWED_ORIGINS are allowed too, and every name if TRUSTED_PROXIES is set',
  },
  pagesDir: {
    name: 'PAGES_DIR',
    fallback: '.build/pages',
    schema: z.string().min(1),
    expects: 'a folder',
    help: 'Folder with the built pages',
  },
  modelsDir: {
    name: 'MODELS_DIR',
    fallback: '',
    schema: z.string(),
    expects: 'a folder',
    help: 'Folder with language models for characters, each in a folder of its own (docs/models.md)',
  },
  stateDir: {
    name: 'STATE_DIR',
    fallback: '.build/state',
    schema: z.string().min(1),
    expects: 'a folder',
    help: 'Folder for data that must survive a restart',
  },
  roomCapacity: {
    name: 'ROOM_CAPACITY',
    fallback: String(SIGNALING.roomCapacity),
    ...wholeNumber(2, 10_000),
    help: 'Maximum number of members in one room',
  },
  maxIntroductions: {
    name: 'MAX_INTRODUCTIONS',
    fallback: String(DEFAULT_MAX_INTRODUCTIONS),
    ...wholeNumber(1, 64),
    help: 'Maximum number of volunteers that one gamer is introduced to',
  },
  maxSessions: {
    // About 20 kB each, so they fit into a small machine's memory.
    name: 'MAX_SESSIONS',
    fallback: '20000',
    ...wholeNumber(2, 1_000_000),
    help: 'Maximum number of members in all rooms together, including those that are offline but may still come back',
  },
  lobby: {
    name: 'LOBBY',
    fallback: 'off',
    ...onOrOff(),
    help: 'Opens a lobby, where volunteers without an invite help any gamer who asks for help',
  },
  invites: {
    name: 'INVITES',
    fallback: 'optional',
    schema: z.enum(['optional', 'required']),
    expects: 'optional or required',
    help: 'With `required`, nobody enters a room without an invite. With `optional`, a game can also open rooms that anyone who knows the name may enter',
  },
  iceServers: {
    name: 'ICE_SERVERS',
    fallback: '[]',
    schema: iceServers(),
    expects: 'a JSON list such as [{"urls":"stun:stun.example:3478"}], with username and credential for TURN',
    help: 'STUN and TURN servers that browsers use, as JSON',
  },
  turnUrls: {
    name: 'TURN_URLS',
    fallback: '',
    schema: turnUrls(),
    expects: 'up to 8 URLs separated by commas, such as turn:turn.example:3478,turns:turn.example:5349',
    help: 'TURN servers that relay between browsers that cannot connect directly; each session gets its own credentials when it is introduced to somebody',
  },
  turnSecret: {
    name: 'TURN_SECRET',
    fallback: '',
    schema: emptyOrAtLeast(16),
    secret: true,
    expects: 'at least 16 characters, together with TURN_URLS',
    help: 'Signs the credentials for TURN_URLS; must equal static-auth-secret in coturn',
  },
  turnTtlS: {
    // A failed link is retried within half a minute, so minutes are enough; stolen credentials are useless soon.
    name: 'TURN_TTL_S',
    fallback: '600',
    ...wholeNumber(20, 24 * 3_600),
    help: 'How long TURN credentials can open connections, seconds; pages that need them longer get new ones in time',
  },
  inviteSecret: {
    name: 'INVITE_SECRET',
    fallback: '',
    schema: emptyOrAtLeast(32),
    secret: true,
    expects: 'at least 32 characters, the same for every instance',
    help: 'Signs invites; by default a random secret is made and stored in STATE_DIR',
  },
  logLevel: {
    name: 'LOG_LEVEL',
    fallback: 'info',
    schema: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']),
    expects: 'fatal, error, warn, info, debug, trace or silent',
    help: 'Least severe level that is logged',
  },
  lan: {
    name: 'LAN',
    fallback: 'off',
    ...onOrOff(),
    isSwitch: true,
    expects: 'on or off; --lan alone means on',
    help: 'Also serves HTTPS to the local network, with a self-signed certificate unless TLS_CERT is set',
  },
  httpsPort: {
    name: 'HTTPS_PORT',
    fallback: '8443',
    ...wholeNumber(0, 65_535),
    help: 'Port for HTTPS, which LAN or TLS_CERT turns on; 0 takes any free port',
  },
  tlsCert: {
    name: 'TLS_CERT',
    fallback: '',
    schema: z.string(),
    expects: 'a file, together with TLS_KEY',
    help: 'Serves HTTPS with the certificate chain in this PEM file',
  },
  tlsKey: {
    name: 'TLS_KEY',
    fallback: '',
    schema: z.string(),
    expects: 'a file, together with TLS_CERT',
    help: 'PEM file with the private key of TLS_CERT',
  },
  operatorToken: {
    name: 'OPERATOR_TOKEN',
    fallback: '',
    schema: emptyOrAtLeast(16),
    secret: true,
    expects: 'at least 16 characters',
    help: 'Lets other machines read /metrics and /status with this token; without it only this machine can',
  },
  trustedProxies: {
    name: 'TRUSTED_PROXIES',
    fallback: '0',
    ...wholeNumber(0, 8),
    help: 'Number of proxies in front of the server that add to X-Forwarded-For. Without it, all clients behind a proxy count as one address',
  },
  limitFactor: {
    name: 'LIMIT_FACTOR',
    fallback: '1',
    ...wholeNumber(0, 10_000),
    help: 'Multiplies all limits per address and session; 0 turns them off',
  },
  drainDelayS: {
    name: 'DRAIN_DELAY_S',
    fallback: '0',
    ...wholeNumber(0, 600),
    help: 'How long the server keeps running after it was asked to stop, seconds. /readyz answers 503 meanwhile, so that load balancers send no new clients',
  },
  redisUrl: {
    name: 'REDIS_URL',
    fallback: '',
    secret: true,
    schema: z.union([z.literal(''), z.url({ protocol: /^rediss?$/ })]),
    expects: 'a URL such as redis://localhost:6379 or rediss://user:password@redis.example:6380/2, with INVITE_SECRET',
    help: 'Redis, through which several instances share rooms, sessions, reputations and limits',
  },
  configFile: {
    name: 'CONFIG_FILE',
    fallback: '',
    schema: z.string(),
    expects: 'a file',
    help: 'File with lines such as PORT=8080; flags and environment variables take precedence',
  },
} satisfies Record<string, Setting>;

/** The server's configuration: the value of every setting. */
export type Config = { [Key in keyof typeof SETTINGS]: z.output<(typeof SETTINGS)[Key]['schema']> };

/** Every setting with its key in {@link Config}. */
export const settings = Object.entries<Setting>(SETTINGS) as [keyof Config, Setting][];

/** @param name of an environment variable. @returns its flag without the leading dashes. */
export function flagOf(name: string): string {
  return name.toLowerCase().replaceAll('_', '-');
}

/** The output of `--help`: a row for each setting, and below it the values that it takes. */
export function helpText(): string {
  const rows = settings.map(([, { name, fallback, help, secret }]) => [
    secret ? '' : `--${flagOf(name)}`,
    name,
    fallback || '(none)',
    help,
  ]);
  const table = [['Flag', 'Environment', 'Default', 'Meaning'], ...rows];
  const widths = [0, 1, 2].map((column) => Math.max(...table.map((row) => row[column]?.length ?? 0)));
  const lines = table.map((row) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  '));
  const indent = ' '.repeat(widths.reduce((sum, width) => sum + width + 2, 0));
  const takes = ['', ...settings.map(([, { expects }]) => `${indent}(${expects})`)];
  const withTypes = lines.flatMap((line, row) => [line, ...(takes[row] ? [takes[row]] : [])]);
  return `P2C2R's server: serves the pages and introduces gamers to volunteers.\n\n${withTypes.join('\n')}\n`;
}

/** The same as a Markdown table, for docs/hosting.md. */
export function settingsMarkdown(): string {
  const cell = (text: string) => text.replaceAll('|', '\\|');
  const rows = settings.map(([, { name, fallback, help, expects, secret }]) => {
    const flag = secret ? '(a secret: no flag)' : `\`--${flagOf(name)}\``;
    return `| \`${name}\` | ${flag} | ${cell(expects)} | ${fallback ? `\`${fallback}\`` : 'none'} | ${cell(help)} |`;
  });
  return ['| Setting | Flag | Takes | Default | What it does |', '|---|---|---|---|---|', ...rows].join('\n');
}
