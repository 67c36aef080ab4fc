import { z } from './zod.ts';

/**
 * Short codes for typing, which the server keeps for invites. Crockford's base32 (https://www.crockford.com/base32.html): without I, L and O,
 * which look like digits, and without U.
 */
export const CODE_ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

/** 40 bits. How hopeless guessing is with that many: see `GUESSES` of the server. */
export const CODE_CHARS = 8;

/** A code as it travels: upper case, without the hyphen that people see. */
export const inviteCodeSchema = z.string().regex(/^[0-9A-HJKMNP-TV-Z]{8}$/);

/** Below the server's address: where pages ask what a code stands for. */
export const CODES_PATH = 'codes';
/**
 * The header with the code that is asked for. Servers write addresses into their logs, but not headers, and a code in a log would admit its readers.
 * Browsers let no page of another site set it, so that none can have its visitors guess codes, which would lock them out.
 */
export const CODE_HEADER = 'x-p2c2r-code';

/** Below the server's address: what short links begin with, which leads to the page of volunteers. */
export const SHORT_PATH = 'i';
/** The paths before the code of a short link: as it is sent, and as browsers show it once it was followed. */
const BEFORE_CODE = /\/(?:i|volunteer(?:\.html)?)$/;

/** @returns the code that a person typed, in either case and with any spaces and hyphens; null when it is none */
export function readInviteCode(text: string): string | null {
  const code = text.replaceAll(/[\s-]/g, '').toUpperCase().replaceAll('O', '0').replaceAll(/[IL]/g, '1');
  return inviteCodeSchema.safeParse(code).success ? code : null;
}

/** @returns the code as people read it: `K7QF-2M9X` */
export const showInviteCode = (code: string) => `${code.slice(0, CODE_CHARS / 2)}-${code.slice(CODE_CHARS / 2)}`;

/**
 * The link with a code. The code is in the fragment, which browsers send to no server, so that no log has it.
 * @param serverUrl - address of the server; with a path where it shares its host. Throws a TypeError if it is not a URL.
 */
export function shortInviteLink(serverUrl: string, code: string): string {
  return new URL(`${SHORT_PATH}#${showInviteCode(code)}`, serverUrl.replace(/\/*$/, '/')).href;
}

/** @returns the code in a short link; null for any other link. Throws a TypeError if `link` is not a URL. */
export function codeInLink(link: string): string | null {
  const { pathname, hash } = new URL(link);
  return BEFORE_CODE.test(pathname) ? readInviteCode(hash.slice(1)) : null;
}
