import { MeshError } from '../../shared/errors.ts';
import { type Invite, makeInviteLink } from '../../shared/invite.ts';
import { CODE_HEADER, CODES_PATH, codeInLink } from '../../shared/invite-code.ts';
import { within } from '../../shared/older-browsers.ts';
import { type EventAnswer, type FoundInvite, foundInviteSchema, wireErrorSchema } from '../../shared/signaling.ts';
import { z } from '../../shared/zod.ts';

const answerSchema = z.union([
  z.object({ ok: z.literal(true), value: foundInviteSchema }),
  z.object({ ok: z.literal(false), error: wireErrorSchema }),
]);

/** The person waits for the answer; a server that takes longer is away. */
const TIMEOUT_MS = 10_000;

/** Asks the server of the page what a code stands for. Throws MeshError `signaling-unreachable`. */
async function ask(code: string, pageUrl: string, get: typeof fetch): Promise<EventAnswer<FoundInvite>> {
  try {
    return await within(TIMEOUT_MS, async (signal) => {
      const response = await get(new URL(CODES_PATH, pageUrl), { headers: { [CODE_HEADER]: code }, signal });
      return answerSchema.parse(await response.json());
    });
  } catch (cause) {
    const message = 'The server did not say what this code stands for. Try again, or ask for the whole link.';
    throw new MeshError('signaling-unreachable', message, { cause });
  }
}

/** The part of the browser that a lookup needs. */
export interface Surroundings {
  pageUrl: string;
  get: typeof fetch;
  /** Gives this page another address. */
  rename(url: string): void;
  /** Opens another page in place of this one. */
  leaveFor(url: string): void;
}

/**
 * Finds the invite that a code stands for. Null when it admits gamers: then their page opens. Throws MeshError `signaling-unreachable`, or the server's
 * refusal.
 */
export async function lookUpCode(
  code: string,
  { pageUrl, get, rename, leaveFor }: Surroundings,
): Promise<Invite | null> {
  const answer = await ask(code, pageUrl, get);
  if (!answer.ok) {
    // A reload, a bookmark or a copy of the address must not bring back a code that was refused.
    if (codeInLink(pageUrl) !== null) rename(pageUrl.replace(/#.*/s, ''));
    throw new MeshError(answer.error.reason, answer.error.message);
  }
  const { role, ...invite } = answer.value;
  const link = makeInviteLink(new URL(role, pageUrl).href, invite);
  if (role === 'gamer') {
    leaveFor(link);
    return null;
  }
  // A reload then needs no code, which ends before the invite does.
  rename(link);
  return invite;
}
