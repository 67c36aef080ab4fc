import { MeshError } from '../../shared/errors.ts';

/**
 * What two people are told whose browsers found no way to each other. Without a relay it is most often that which they lack, and
 * only the server's owner can set one up.
 * @param cause what the connection said
 */
export function noRoute(cause: MeshError, hasRelay: boolean): MeshError {
  const message = hasRelay
    ? 'The two browsers found no way to each other, not even through the TURN relay. A firewall may block it, or it does not run: ' +
      'the server’s owner can find out with docs/hosting.md, “A TURN relay”.'
    : 'The two browsers found no way to each other: their networks allow no direct connection, and this server has no TURN relay. ' +
      'Ask its owner to set TURN_URLS and TURN_SECRET, as docs/hosting.md says under “A TURN relay”.';
  return new MeshError('connection-failed', message, { cause });
}
