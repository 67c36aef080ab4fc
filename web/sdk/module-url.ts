import { MeshError } from '../../shared/errors.ts';

/** The server this module came from. Throws MeshError `bad-input` where it came from a disk, as in Node. */
export function defaultServerUrl(): string {
  const { protocol, origin } = new URL(import.meta.url);
  if (protocol === 'http:' || protocol === 'https:') return origin;
  throw MeshError.badInput(
    "Say which server: this copy of the SDK came from none. Give its address as the option 'url'.",
  );
}
