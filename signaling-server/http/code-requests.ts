import type { IncomingMessage, ServerResponse } from 'node:http';
import { MeshError } from '../../shared/errors.ts';
import { CODE_HEADER, CODES_PATH, inviteCodeSchema, SHORT_PATH } from '../../shared/invite-code.ts';
import type { EventAnswer, FoundInvite } from '../../shared/signaling.ts';

/** Finds what a code stands for. Throws MeshError `not-invited`, `rate-limited`. */
export type FindInvite = (code: string, request: IncomingMessage) => Promise<FoundInvite>;

const CODES = `/${CODES_PATH}`;
const SHORT = `/${SHORT_PATH}`;

/**
 * Answers what has to do with the codes of invites. A short link only leads to a page, which asks once its person says so. The code in the link's
 * fragment goes on to the page, and only there.
 * @param path of the request, without its query
 * @returns whether the request was answered
 */
export async function answerCode(
  path: string,
  request: IncomingMessage,
  response: ServerResponse,
  find: FindInvite,
): Promise<boolean> {
  if (path === SHORT) {
    // Relative, since only browsers know the whole path where a proxy serves this server below one. The page knows whom the invite is for.
    response.writeHead(302, { Location: 'volunteer', 'Cache-Control': 'no-cache' }).end();
    return true;
  }
  if (path !== CODES) return false;
  const { status, answer } = await answerTo(request, find);
  response.writeHead(status, { 'Content-Type': 'application/json; charset=utf-8', 'Cache-Control': 'no-store' });
  response.end(JSON.stringify(answer));
  return true;
}

async function answerTo(
  request: IncomingMessage,
  find: FindInvite,
): Promise<{ status: number; answer: EventAnswer<FoundInvite> }> {
  try {
    const code = inviteCodeSchema.safeParse(request.headers[CODE_HEADER]);
    if (!code.success) throw MeshError.malformed('This is not a question for an invite’s code.');
    return { status: 200, answer: { ok: true, value: await find(code.data, request) } };
  } catch (cause) {
    if (!(cause instanceof MeshError)) throw cause;
    return { status: STATUS[cause.reason] ?? 400, answer: { ok: false, error: cause.toWire() } };
  }
}

const STATUS: Partial<Record<MeshError['reason'], number>> = { 'not-invited': 404, 'rate-limited': 429 };
