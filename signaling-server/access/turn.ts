import { createHmac } from 'node:crypto';
import type { IceGrant } from '../../shared/signaling.ts';

/** The part of the server's configuration that concerns STUN and TURN. */
export interface IceConfig {
  iceServers: IceGrant['iceServers'];
  turnUrls: string[];
  turnSecret: string;
  turnTtlS: number;
}

/**
 * Makes the ICE servers of one session: those of ICE_SERVERS, and those of TURN_URLS with expiring credentials of its own.
 * The credentials follow coturn's REST scheme (`use-auth-secret`, draft-uberti-behave-turn-rest-00): the username is the expiry
 * in seconds of the Unix epoch and the session's id; the credential is its HMAC-SHA1 under the secret shared with the TURN server.
 * @param nowMs ms since the Unix epoch
 */
export function iceGrantFor(sessionId: string, config: IceConfig, nowMs: number): IceGrant {
  const { iceServers, turnUrls, turnSecret, turnTtlS } = config;
  if (turnUrls.length === 0) return { iceServers, iceValidS: null };
  const username = `${Math.floor(nowMs / 1_000) + turnTtlS}:${sessionId}`;
  const credential = createHmac('sha1', turnSecret).update(username).digest('base64');
  return { iceServers: [...iceServers, { urls: turnUrls, username, credential }], iceValidS: turnTtlS };
}
