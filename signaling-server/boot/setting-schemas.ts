import { z } from '../../shared/zod.ts';

/** Schemas turn the text of a setting into its value. Those with a fixed wording also bring the `expects` of their row. */
export function wholeNumber(least: number, most: number) {
  const schema = z
    .string()
    .regex(/^\d{1,9}$/)
    .transform(Number)
    .pipe(z.int().min(least).max(most));
  return { schema, expects: `a whole number from ${least} to ${most}` };
}

export function onOrOff() {
  return { schema: z.enum(['on', 'off']).transform((word) => word === 'on'), expects: 'on or off' };
}

/** A secret that may be left out. */
export function emptyOrAtLeast(minChars: number) {
  return z.union([z.literal(''), z.string().min(minChars)]);
}

/** Origins such as `https://game.example:8443`, or `*`. */
export function origins() {
  return list(z.array(z.string().refine(isOrigin)));
}

/** The address of this server, made to end with a slash, or nothing. */
export function publicUrl() {
  const isAddress = (text: string) => {
    if (!URL.canParse(text)) return false;
    const { protocol, username, search, hash } = new URL(text);
    return /^https?:$/.test(protocol) && username + search + hash === '';
  };
  const address = z
    .string()
    .refine(isAddress)
    .transform((text) => new URL(text).href.replace(/\/*$/, '/'));
  return z.union([z.literal(''), address]);
}

/** Names of hosts, or `*`. */
export function hosts() {
  return list(
    z.array(
      z
        .string()
        .regex(/^(?:\*|[\w-]+(?:\.[\w-]+)*)$/)
        .toLowerCase(),
    ),
  );
}

function isOrigin(text: string): boolean {
  return text === '*' || (URL.canParse(text) && new URL(text).origin === text);
}

/** RTCIceServer objects as JSON. */
export function iceServers() {
  const url = z.string().regex(/^(stun|turn)s?:/);
  const server = z.strictObject({
    urls: z.union([url, z.array(url).min(1)]),
    username: z.string().exactOptional(),
    credential: z.string().exactOptional(),
  });
  return (
    z
      .string()
      .transform((text, context): unknown => {
        try {
          return JSON.parse(text);
        } catch {
          context.addIssue('not JSON');
          return z.NEVER;
        }
      })
      // A page takes 16; the last one is made from TURN_URLS.
      .pipe(z.array(server).max(15))
  );
}

export function turnUrls() {
  const url = z
    .string()
    .max(512)
    .regex(/^turns?:[^\s/]+$/);
  return list(z.array(url).max(8));
}

function list<Schema extends z.ZodArray<z.ZodType<string, string>>>(items: Schema) {
  return z
    .string()
    .transform((text) => text.split(',').flatMap((item) => item.trim() || []))
    .pipe(items);
}
