import { SIGNALING } from '../../shared/protocol-limits.ts';
import { z } from '../../shared/zod.ts';
import { DEFAULT_MAX_INTRODUCTIONS } from '../rooms/introductions.ts';
import { emptyOrAtLeast, hosts, iceServers, onOrOff, origins, turnUrls, wholeNumber } from './setting-schemas.ts';

/** One setting of the server, and everything that is said or checked about it. */
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
    help: 'Port for pages and sockets; 0 takes any free port',
  },
  host: {
    name: 'HOST',
    fallback: 'localhost',
    schema: z.string().regex(/^\S+$/),
    expects: 'a host name or address without spaces, such as localhost or 0.0.0.0',
    help: 'Address to listen on; 0.0.0.0 listens on every network',
  },
  allowedOrigins: {
    name: 'ALLOWED_ORIGINS',
    fallback: '',
    schema: origins(),
    expects: 'origins separated by commas, such as https://game.example,https://other.example:8443',
    help: 'Other sites whose pages may connect, separated by commas; * allows all',
  },
  allowedHosts: {
    name: 'ALLOWED_HOSTS',
    fallback: '',
    schema: hosts(),
    expects: 'names separated by commas, without ports, such as play.example.org',
    help: 'Names under which browsers may address the server; * allows all. By default its addresses, its own name, those of ALLOWED_ORIGINS and TLS_CERT, and any behind TRUSTED_PROXIES',
  },
  pagesDir: {
    name: 'PAGES_DIR',
    fallback: '.build/pages',
    schema: z.string().min(1),
    expects: 'a folder',
    help: 'Folder of the built pages',
  },
  stateDir: {
    name: 'STATE_DIR',
    fallback: '.build/state',
    schema: z.string().min(1),
    expects: 'a folder',
    help: 'Folder for what must survive a restart',
  },
  roomCapacity: {
    name: 'ROOM_CAPACITY',
    fallback: String(SIGNALING.roomCapacity),
    ...wholeNumber(2, 10_000),
    help: 'Most members of one room',
  },
  maxIntroductions: {
    name: 'MAX_INTRODUCTIONS',
    fallback: String(DEFAULT_MAX_INTRODUCTIONS),
    ...wholeNumber(1, 64),
    help: 'Most volunteers that one gamer is introduced to',
  },
  maxSessions: {
    // About 20 kB each, so a small machine holds them.
    name: 'MAX_SESSIONS',
    fallback: '20000',
    ...wholeNumber(2, 1_000_000),
    help: 'Most members of all rooms together, including those who may still come back',
  },
  lobby: {
    name: 'LOBBY',
    fallback: 'off',
    ...onOrOff(),
    help: 'Opens a lobby: volunteers without an invite serve any gamer who asks',
  },
  invites: {
    name: 'INVITES',
    fallback: 'optional',
    schema: z.enum(['optional', 'required']),
    expects: 'optional or required',
    help: 'Whether every room needs an invite; otherwise rooms named in code are open to everybody who knows the name',
  },
  iceServers: {
    name: 'ICE_SERVERS',
    fallback: '[]',
    schema: iceServers(),
    expects: 'a JSON list such as [{"urls":"stun:stun.example:3478"}], with username and credential for TURN',
    help: 'STUN and TURN servers for the browsers, as JSON',
  },
  turnUrls: {
    name: 'TURN_URLS',
    fallback: '',
    schema: turnUrls(),
    expects: 'up to 8 URLs separated by commas, such as turn:turn.example:3478,turns:turn.example:5349',
    help: 'TURN servers for browsers that cannot reach each other; each introduced session gets credentials of its own',
  },
  turnSecret: {
    name: 'TURN_SECRET',
    fallback: '',
    schema: emptyOrAtLeast(16),
    secret: true,
    expects: 'at least 16 characters, together with TURN_URLS',
    help: 'Signs the credentials for TURN_URLS; the same as static-auth-secret in coturn',
  },
  turnTtlS: {
    // A link that fails is tried again within half a minute. Copied credentials are of use for minutes.
    name: 'TURN_TTL_S',
    fallback: '600',
    ...wholeNumber(20, 24 * 3_600),
    help: 'Seconds for which TURN credentials can open connections; pages with links get new ones before that',
  },
  inviteSecret: {
    name: 'INVITE_SECRET',
    fallback: '',
    schema: emptyOrAtLeast(32),
    secret: true,
    expects: 'at least 32 characters, the same for every instance',
    help: 'Signs invites; by default random and kept in STATE_DIR',
  },
  logLevel: {
    name: 'LOG_LEVEL',
    fallback: 'info',
    schema: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']),
    expects: 'fatal, error, warn, info, debug, trace or silent',
    help: 'Lowest severity that is logged',
  },
  lan: {
    name: 'LAN',
    fallback: 'off',
    ...onOrOff(),
    isSwitch: true,
    expects: 'on or off; --lan alone means on',
    help: 'Also serves HTTPS to the local network, with a self-made certificate unless TLS_CERT is set',
  },
  httpsPort: {
    name: 'HTTPS_PORT',
    fallback: '8443',
    ...wholeNumber(0, 65_535),
    help: 'Port for HTTPS, with LAN or TLS_CERT; 0 takes any free port',
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
    help: 'Opens /metrics and /status to other machines; without it only this machine sees them',
  },
  trustedProxies: {
    name: 'TRUSTED_PROXIES',
    fallback: '0',
    ...wholeNumber(0, 8),
    help: 'Number of proxies in front of the server that add to X-Forwarded-For; limits per address need it',
  },
  limitFactor: {
    name: 'LIMIT_FACTOR',
    fallback: '1',
    ...wholeNumber(0, 10_000),
    help: 'Multiplies all limits per address and session; 0 switches them off',
  },
  drainDelayS: {
    name: 'DRAIN_DELAY_S',
    fallback: '0',
    ...wholeNumber(0, 600),
    help: 'Seconds to keep serving after a request to stop while /readyz answers 503, so that a load balancer can react',
  },
  redisUrl: {
    name: 'REDIS_URL',
    fallback: '',
    secret: true,
    schema: z.union([z.literal(''), z.url({ protocol: /^rediss?$/ })]),
    expects: 'a URL such as redis://localhost:6379 or rediss://user:password@redis.example:6380/2, with INVITE_SECRET',
    help: 'Shares rooms, sessions, reputations and limits with all instances that use the same Redis',
  },
  configFile: {
    name: 'CONFIG_FILE',
    fallback: '',
    schema: z.string(),
    expects: 'a file',
    help: 'File of NAME=value lines, for settings given neither as a flag nor in the environment',
  },
} satisfies Record<string, Setting>;

/** The server's configuration: the value of every setting. */
export type Config = { [Key in keyof typeof SETTINGS]: z.output<(typeof SETTINGS)[Key]['schema']> };

/** Every setting with its key in {@link Config}. */
export const settings = Object.entries<Setting>(SETTINGS) as [keyof Config, Setting][];

/** @param name of an environment variable. @returns the flag without its dashes. */
export function flagOf(name: string): string {
  return name.toLowerCase().replaceAll('_', '-');
}

/** What `--help` prints: a row for each setting, and below it the values it takes. */
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

/** The same as a Markdown table, which docs/hosting.md holds. */
export function settingsMarkdown(): string {
  const cell = (text: string) => text.replaceAll('|', '\\|');
  const rows = settings.map(([, { name, fallback, help, expects, secret }]) => {
    const flag = secret ? '(a secret: no flag)' : `\`--${flagOf(name)}\``;
    return `| \`${name}\` | ${flag} | ${cell(expects)} | ${fallback ? `\`${fallback}\`` : 'none'} | ${cell(help)} |`;
  });
  return ['| Setting | Flag | Takes | Default | What it does |', '|---|---|---|---|---|', ...rows].join('\n');
}
