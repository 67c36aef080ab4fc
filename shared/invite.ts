/** What an invite link carries: never sent to the server in a URL, since all of it stands behind the `#`. */
export interface Invite {
  room: string;
  /** A signed token, for rooms that want one. */
  token?: string | undefined;
}

/** A link to one of our pages that lets its reader into a room. */
export function makeInviteLink(pageUrl: string, { room, token }: Invite): string {
  const url = new URL(pageUrl);
  const fields = new URLSearchParams({ room });
  if (token) fields.set('invite', token);
  url.hash = fields.toString();
  return url.href;
}

/** The invite in a link's fragment, or null when there is none. */
export function parseInviteLink(link: string): Invite | null {
  const fields = new URLSearchParams(new URL(link).hash.slice(1));
  const room = fields.get('room');
  if (!room) return null;
  return { room, token: fields.get('invite') ?? undefined };
}
