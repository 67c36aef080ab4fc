import { readableName, SIGNALING } from './protocol-limits.ts';

/** The content of an invite link. All of it is in the fragment, behind the `#`, which a browser never sends to the server. */
export interface Invite {
  room: string;
  /** A token signed by the server, for rooms that require one. */
  token?: string | undefined;
  /** The name that whoever invites goes by. Anybody can write a link, so it proves nothing. */
  from?: string | undefined;
}

/**
 * Returns a link to one of our pages that admits its reader to a room. Throws a TypeError if `pageUrl` is not a URL.
 *
 * @param pageUrl - address of the page; its fragment is replaced.
 */
export function makeInviteLink(pageUrl: string, { room, token, from }: Invite): string {
  const url = new URL(pageUrl);
  const fields = new URLSearchParams({ room });
  if (token) fields.set('invite', token);
  if (from) fields.set(FROM, from);
  url.hash = fields.toString();
  return url.href;
}

/** Returns the invite in the fragment of a link, or null without one. Does not verify the token. Throws a TypeError if `link` is not a URL. */
export function parseInviteLink(link: string): Invite | null {
  const fields = new URLSearchParams(new URL(link).hash.slice(1));
  const room = fields.get('room');
  if (!room) return null;
  const from = readableName((fields.get(FROM) ?? '').slice(0, SIGNALING.maxNameChars));
  // One that is none, such as another link, must lead nobody elsewhere.
  const token = TOKEN.exec(fields.get('invite') ?? '')?.[0];
  return { room, token, ...(from && { from }) };
}

/** What may be a token of the server: no address, which has a colon. */
const TOKEN = /^[^:]+$/;

/** The field of a link with the name of whoever invites. */
const FROM = 'from';

/** The field of a link that carries a permit to start at once, granted by the gamer page to the volunteer page on the same machine. */
const START = 'start';

/** What such a permit is for: volunteering in this room with this invite. */
export function startPurpose({ room, token = '' }: Invite): string {
  return `start ${new URLSearchParams({ room, invite: token })}`;
}

/** Adds the permit to an invite link. Throws a TypeError if `link` is not a URL. */
export function withStartPermit(link: string, permit: string): string {
  return withFragment(link, (fields) => fields.set(START, permit));
}

/** Returns the permit in the fragment of a link; empty without one. Throws a TypeError if `link` is not a URL. */
export function startPermitOf(link: string): string {
  return new URLSearchParams(new URL(link).hash.slice(1)).get(START) ?? '';
}

/** Removes the permit, so that a reload or a copy of the address asks. Throws a TypeError if `link` is not a URL. */
export function withoutStartPermit(link: string): string {
  return startPermitOf(link) === '' ? link : withFragment(link, (fields) => fields.delete(START));
}

function withFragment(link: string, change: (fields: URLSearchParams) => void): string {
  const url = new URL(link);
  const fields = new URLSearchParams(url.hash.slice(1));
  change(fields);
  url.hash = fields.toString();
  return url.href;
}
