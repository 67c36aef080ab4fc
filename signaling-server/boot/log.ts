import { type Logger, pino, stdSerializers } from 'pino';
import type { Config } from './settings.ts';
import { terminalOf } from './terminal-log.mjs';

/** The fields of an error that are logged. Others may hold anything: those of Redis hold the command with its arguments. */
const ERROR_FIELDS = ['type', 'message', 'stack', 'code', 'reason'] as const;

/**
 * The server's log on standard output: JSON lines, or words in a terminal. Of an error it holds ERROR_FIELDS only, and secret settings are redacted
 * in them, wherever they come from.
 */
export function openLog(config: Config, destination = terminalOf(process.stdout)): Logger {
  const redact = redactorFor(secretsOf(config));
  const err = (cause: unknown) => {
    if (!(cause instanceof Error)) return typeof cause === 'string' ? redact(cause) : cause;
    const serialized: Record<string, unknown> = { ...stdSerializers.err(cause) };
    return Object.fromEntries(
      ERROR_FIELDS.flatMap((key) => {
        const value = serialized[key];
        return typeof value === 'string' || typeof value === 'number' ? [[key, redact(String(value))]] : [];
      }),
    );
  };
  return pino({ level: config.logLevel, serializers: { err } }, destination);
}

function secretsOf({ redisUrl, turnSecret, inviteSecret, operatorToken, iceServers }: Config): string[] {
  const credentials = iceServers.flatMap(({ credential }) => credential ?? []);
  const secrets = [redisUrl, turnSecret, inviteSecret, operatorToken, ...credentials];
  if (redisUrl) {
    const { password } = new URL(redisUrl);
    // As it was written, and as Redis is sent it.
    secrets.push(password, decodeURIComponent(password));
  }
  // The longest first: a password is part of its URL.
  return secrets.filter(Boolean).sort((a, b) => b.length - a.length);
}

function redactorFor(secrets: readonly string[]): (text: string) => string {
  return (text) => secrets.reduce((rest, secret) => rest.replaceAll(secret, '[secret]'), text);
}
