import { createHmac } from 'node:crypto';
import type { IceGrant } from '../../shared/signaling.ts';
import type { Config } from '../boot/settings.ts';

export type IceConfig = Pick<Config, 'iceServers' | 'turnUrls' | 'turnSecret' | 'turnTtlS'>;

/**
 * The ICE servers one session is given: those of ICE_SERVERS, and the TURN servers with credentials of its own, which end.
 * They are coturn's REST scheme (`use-auth-secret`, draft-uberti-behave-turn-rest-00): the username is when they end, in seconds of
 * the Unix epoch, and the session; the credential is its HMAC-SHA1 with the secret that the TURN server holds too.
 * @param nowMs since the Unix epoch
 */
export function iceGrantFor(sessionId: string, config: IceConfig, nowMs: number): IceGrant {
  const { iceServers, turnUrls, turnSecret, turnTtlS } = config;
  if (turnUrls.length === 0) return { iceServers, iceValidS: null };
  const username = `${Math.floor(nowMs / 1_000) + turnTtlS}:${sessionId}`;
  const credential = createHmac('sha1', turnSecret).update(username).digest('base64');
  return { iceServers: [...iceServers, { urls: turnUrls, username, credential }], iceValidS: turnTtlS };
}
