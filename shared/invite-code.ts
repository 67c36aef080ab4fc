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

/**
 * The header of a request for what a code stands for. Browsers let no page of another site set it, so that none can have its visitors guess codes,
 * which would lock them out.
 */
export const CODE_HEADER = 'x-p2c2r-code';

/** Below the server's address: where pages ask what a code stands for. */
export const CODES_FOLDER = 'codes/';
/** Below the server's address: short links for people. */
const LINKS_FOLDER = 'i/';
/** The field of a page's fragment with the code of a short link. */
const CODE_FIELD = 'code';

/** @returns the code that a person typed, in either case and with any spaces and hyphens; null when it is none */
export function readInviteCode(text: string): string | null {
  const code = text.replaceAll(/[\s-]/g, '').toUpperCase().replaceAll('O', '0').replaceAll(/[IL]/g, '1');
  return inviteCodeSchema.safeParse(code).success ? code : null;
}

/** @returns the code as people read it: `K7QF-2M9X` */
export const showInviteCode = (code: string) => `${code.slice(0, CODE_CHARS / 2)}-${code.slice(CODE_CHARS / 2)}`;

/** @param serverUrl - address of the server; with a path where it shares its host. Throws a TypeError if it is not a URL. */
export function shortInviteLink(serverUrl: string, code: string): string {
  return new URL(LINKS_FOLDER + showInviteCode(code), serverUrl.replace(/\/*$/, '/')).href;
}

/** @returns the code in the path of a short link, and the server's part of that path; null for any other path */
export function readShortPath(path: string): { code: string; base: string } | null {
  const [, base = '', text = ''] = /^(.*\/)i\/([\w-]{1,32})\/?$/.exec(path) ?? [];
  const code = readInviteCode(text);
  return code === null ? null : { code, base };
}

/** The fragment of the page that a short link leads to. */
export const codeFragment = (code: string) => `#${new URLSearchParams({ [CODE_FIELD]: code })}`;

/** @returns the code in such a fragment; null without one. Throws a TypeError if `link` is not a URL. */
export function codeInFragment(link: string): string | null {
  return readInviteCode(new URLSearchParams(new URL(link).hash.slice(1)).get(CODE_FIELD) ?? '');
}
