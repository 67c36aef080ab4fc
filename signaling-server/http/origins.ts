/**
 * Whether a page of `origin` may open a socket. Programs send no Origin header and are admitted: the check protects people,
 * whose browser a foreign page could use; it keeps nobody out who writes a client.
 * @param host the Host header of the request, so that a server knows its own origin behind any name or proxy.
 */
export function mayConnect(origin: string | undefined, host: string | undefined, allowed: readonly string[]): boolean {
  if (origin === undefined || allowed.includes('*') || allowed.includes(origin)) return true;
  return URL.canParse(origin) && new URL(origin).host === host?.toLowerCase();
}
