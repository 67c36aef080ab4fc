import type { Lan } from '../../shared/server-status.ts';

export type LanWords =
  /** The link leads to this machine, and so to nobody else's. */
  | { kind: 'here-only'; betterUrl: string }
  /** Whoever opens the link is warned by the browser. */
  | { kind: 'warning' };

const LOOPBACK = new Set(['localhost', '127.0.0.1', '[::1]']);

/** What a person should know before sharing a link to the page at `pageUrl`; null when nothing. */
export function lanWords(pageUrl: string, { secureUrls, isOwnCertificate }: Lan): LanWords | null {
  const { protocol, hostname } = new URL(pageUrl);
  const [best] = secureUrls;
  if (LOOPBACK.has(hostname)) {
    return best === undefined ? null : { kind: 'here-only', betterUrl: new URL('/gamer', best).href };
  }
  return protocol === 'https:' && isOwnCertificate ? { kind: 'warning' } : null;
}
