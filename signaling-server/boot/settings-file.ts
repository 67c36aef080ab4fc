import { readFileSync } from 'node:fs';
import { parse } from 'dotenv';

/**
 * Reads a file of `NAME=value` lines: what systemd's EnvironmentFile and a container's env_file read as well.
 * @param names of the settings there are; any other is a mistake that would else go unnoticed.
 */
export function readSettingsFile(
  path: string,
  names: readonly string[],
): { values: Record<string, string>; problems: string[] } {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    return { values: {}, problems: [`CONFIG_FILE is "${path}", which cannot be read (${why}): it must be a file.`] };
  }
  const values = parse(text);
  const problems = Object.keys(values)
    .filter((name) => !names.includes(name))
    .map((name) => `${path} sets ${name}, which is no setting there. Run with --help to see them all.`);
  return { values, problems };
}
