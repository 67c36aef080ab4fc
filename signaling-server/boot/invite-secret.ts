import { randomBytes } from 'node:crypto';
import { link, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

const FILE_NAME = 'invite-secret';
/** A damaged or emptied file must not become a key that anybody can guess. */
const MIN_CHARS = 32;

/**
 * The secret that signs invites when INVITE_SECRET is not set. It is random and kept in `stateDir`, readable by its owner only, so
 * that invites stay valid across a restart.
 * @throws the file system's error when the folder cannot be used, or an error that names the file when it is damaged.
 */
export async function keptInviteSecret(stateDir: string): Promise<string> {
  const path = join(stateDir, FILE_NAME);
  await mkdir(stateDir, { recursive: true });
  const kept = await readIfPresent(path);
  if (kept !== null) return kept;
  // Written to a draft and linked into place: of several servers starting at once one wins, and none reads half a secret.
  const draft = `${path}.${randomBytes(6).toString('hex')}`;
  await writeFile(draft, randomBytes(32).toString('base64url'), { mode: 0o600, flag: 'wx' });
  try {
    await link(draft, path);
  } catch (cause) {
    if (codeOf(cause) !== 'EEXIST') throw cause;
  } finally {
    await rm(draft);
  }
  return read(path);
}

async function readIfPresent(path: string): Promise<string | null> {
  try {
    return await read(path);
  } catch (cause) {
    if (codeOf(cause) === 'ENOENT') return null;
    throw cause;
  }
}

async function read(path: string): Promise<string> {
  const secret = await readFile(path, 'utf8');
  if (secret.length < MIN_CHARS) throw new Error(`${path} is damaged: delete it, and the server makes a new secret.`);
  return secret;
}

const codeOf = (cause: unknown) => (cause as NodeJS.ErrnoException).code;
