/** The server this module came from. */
export function defaultServerUrl(): string {
  return new URL(import.meta.url).origin;
}
