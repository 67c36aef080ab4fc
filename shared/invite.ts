/** The content of an invite link. All of it is in the fragment, behind the `#`, which a browser never sends to the server. */
export interface Invite {
  room: string;
  /** A token signed by the server, for rooms that require one. */
  token?: string | undefined;
}

/**
 * Returns a link to one of our pages that admits its reader to a room. Throws a TypeError if `pageUrl` is not a URL.
 *
 * @param pageUrl - address of the page; its fragment is replaced.
 */
export function makeInviteLink(pageUrl: string, { room, token }: Invite): string {
  const url = new URL(pageUrl);
  const fields = new URLSearchParams({ room });
  if (token) fields.set('invite', token);
  url.hash = fields.toString();
  return url.href;
}

/** Returns the invite in the fragment of a link, or null without one. Does not verify the token. Throws a TypeError if `link` is not a URL. */
export function parseInviteLink(link: string): Invite | null {
  const fields = new URLSearchParams(new URL(link).hash.slice(1));
  const room = fields.get('room');
  if (!room) return null;
  return { room, token: fields.get('invite') ?? undefined };
}
