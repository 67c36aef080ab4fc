import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { parse } from 'dotenv';
import { type Config, flagOf, type Setting, settings } from './settings.ts';

/** Everything that is wrong with the flags, the environment and the settings file, one sentence each. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';

  constructor(readonly problems: readonly string[]) {
    super(problems.join('\n'));
  }
}

const CONFIG_FILE = 'CONFIG_FILE';

/** Settings that are useless without each other. */
const PAIRS = [
  ['TLS_CERT', 'TLS_KEY'],
  ['TURN_URLS', 'TURN_SECRET'],
] as const;

/**
 * Reads the configuration. A flag wins over the environment, the environment over CONFIG_FILE, and that over the default. An empty
 * value counts as not set.
 * @param argv the flags, without the program.
 * @returns null when `--help` was asked for.
 * @throws ConfigError with every problem at once.
 */
export function readConfig(argv: readonly string[], env: NodeJS.ProcessEnv): Config | null {
  const { values: flags, problems } = readFlags(argv);
  if (flags.help) return null;
  const path = flags[flagOf(CONFIG_FILE)] ?? env[CONFIG_FILE];
  const file = path ? readSettingsFile(path) : { values: {}, problems: [] };
  problems.push(...file.problems);
  const textOf = ({ name, fallback }: Pick<Setting, 'name' | 'fallback'>) =>
    flags[flagOf(name)] ?? (env[name] || file.values[name] || fallback);

  const texts = Object.fromEntries(settings.map(([, setting]) => [setting.name, textOf(setting)]));
  const config = Object.fromEntries(
    settings.map(([key, { name, schema, expects, secret }]) => {
      const parsed = schema.safeParse(texts[name]);
      const given = secret ? 'is invalid' : `is "${texts[name]}"`;
      if (!parsed.success) problems.push(`${name} ${given}: it must be ${expects}.`);
      return [key, parsed.data];
    }),
  );
  for (const [first, second] of PAIRS) {
    if (texts[first] && !texts[second]) problems.push(`${second} is missing: ${first} needs it.`);
    if (texts[second] && !texts[first]) problems.push(`${first} is missing: ${second} needs it.`);
  }
  if (texts.REDIS_URL && !texts.INVITE_SECRET) {
    problems.push('INVITE_SECRET is missing: with REDIS_URL every instance needs the same one.');
  }
  if (problems.length > 0) throw new ConfigError(problems);
  // Each member is what the schema of its row made of the text, which is how the type derives from the table.
  return config as Config;
}

function readFlags(argv: readonly string[]) {
  const publicSettings = settings.flatMap(([, setting]) => (setting.secret ? [] : setting));
  const typeOf = ({ isSwitch }: Setting) => ({ type: isSwitch ? ('boolean' as const) : ('string' as const) });
  const options = Object.fromEntries(publicSettings.map((setting) => [flagOf(setting.name), typeOf(setting)]));
  const { tokens } = parseArgs({
    ...{ args: [...argv], strict: false, tokens: true },
    options: { ...options, help: { type: 'boolean', short: 'h' } },
  });
  const values: Record<string, string> = {};
  const problems: string[] = [];
  for (const token of tokens) {
    if (token.kind === 'positional') problems.push(`"${token.value}" is not a flag. Run with --help to see all flags.`);
    if (token.kind !== 'option') continue;
    const option = options[token.name];
    if (token.name === 'help') values.help = 'yes';
    else if (!option) problems.push(unknownFlag(token.rawName));
    else if (option.type === 'boolean') values[token.name] = token.value ?? 'on';
    else if (token.value === undefined) problems.push(`${token.rawName} needs a value, as in ${token.rawName}=VALUE.`);
    else values[token.name] = token.value;
  }
  return { values, problems };
}

function unknownFlag(flag: string): string {
  const secret = settings.find(([, setting]) => setting.secret && `--${flagOf(setting.name)}` === flag);
  if (secret) return `${flag} is a secret: set ${secret[1].name} in the environment instead.`;
  return `There is no flag ${flag}. Run with --help to see all flags.`;
}

/** Reads a file of `NAME=value` lines, the format of systemd's EnvironmentFile and of a container's env_file. */
function readSettingsFile(path: string): { values: Record<string, string>; problems: string[] } {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    return { values: {}, problems: [`CONFIG_FILE is "${path}", which cannot be read (${why}): it must be a file.`] };
  }
  const values = parse(text);
  const names = new Set(settings.map(([, { name }]) => name).filter((name) => name !== CONFIG_FILE));
  // An unknown name is probably a typing mistake, which would otherwise go unnoticed.
  const problems = Object.keys(values)
    .filter((name) => !names.has(name))
    .map((name) => `${path} sets ${name}, which is not a setting for this file. Run with --help to see all settings.`);
  return { values, problems };
}
