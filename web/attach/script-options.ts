import { MeshError } from '../../shared/errors.ts';
import { destinationOf } from '../sdk/invites.ts';
import type { AttachOptions, GamerOptions } from '../sdk/types.ts';

/** What attributes of a tag say. */
export interface TagOptions {
  /** The room to join, by default a new one. An invite is joined at the server that it leads to. */
  connect: Pick<GamerOptions, 'url' | 'room' | 'invite' | 'inviteOnly' | 'where'>;
  attach: Omit<AttachOptions, 'renderer' | 'resize'>;
}

/** What the tag of the script says, in its `data-` attributes. */
export interface ScriptOptions extends TagOptions {
  /** Whether the badge is shown. */
  hasBadge: boolean;
}

const NUMBERS = ['renderScale', 'scale', 'maxFps', 'maxDelayMs', 'bitrateKbps', 'patience'] as const;
/** Attributes that {@link tagOptions} reads, as properties of `dataset` are named. */
export const TAG_OPTIONS = [...NUMBERS, 'invite', 'room', 'quality', 'where'] as const;
const KNOWN = new Set<string>([...TAG_OPTIONS, 'badge']);

/** Finds the tag that loaded a module: a module has no `document.currentScript`. Null for one that was imported by another. */
export function tagOf(moduleUrl: string, page: Document): HTMLScriptElement | null {
  return [...page.scripts].find(({ src }) => src === moduleUrl) ?? null;
}

/**
 * Reads the attributes. The SDK checks their values. Throws MeshError `bad-input` for a name that nobody knows, a number that is none, and
 * an invite that is none.
 *
 * @param data - `dataset` of the tag
 */
export function scriptOptions(data: Readonly<Record<string, string | undefined>>): ScriptOptions {
  for (const name of Object.keys(data)) {
    if (!KNOWN.has(name)) {
      throw MeshError.badInput(
        `The script knows no ${attribute(name)}. It knows ${[...KNOWN].map(attribute).join(', ')}.`,
      );
    }
  }
  return { ...tagOptions(data, attribute), hasBadge: data.badge !== 'none' };
}

/**
 * Reads the attributes that every tag of ours has. The SDK checks their values. Throws MeshError `bad-input` for a number that is none, and an
 * invite that is none.
 *
 * @param data - by the names of {@link TAG_OPTIONS}
 * @param attributeOf - how such a name is written in the page
 */
export function tagOptions(
  data: Readonly<Record<string, string | undefined>>,
  attributeOf: (name: string) => string,
): TagOptions {
  const numbers = Object.fromEntries(
    NUMBERS.flatMap((name) => (data[name] === undefined ? [] : [[name, numberIn(attributeOf(name), data[name])]])),
  );
  const { quality, where } = data;
  return {
    connect: { ...roomIn(data, attributeOf('invite')), ...aloneIn(where) },
    attach: {
      ...numbers,
      ...(quality && { quality: quality as NonNullable<AttachOptions['quality']> }),
      // Of the picture alone: another value needs no other room.
      ...(where && { where: where as NonNullable<AttachOptions['where']> }),
    },
  };
}

function roomIn(
  { invite, room }: Readonly<Record<string, string | undefined>>,
  attribute: string,
): Pick<GamerOptions, 'url' | 'room' | 'invite' | 'inviteOnly'> {
  if (invite === undefined) return room === undefined ? { inviteOnly: true } : { room };
  const destination = destinationOf(invite);
  if (destination) return destination;
  throw MeshError.badInput(
    `${attribute} is no invite. Give the whole link of one for a game: the url that createInvite({ role: 'gamer' }) returns.`,
  );
}

/** A client that asks nobody needs no WebRTC, which a browser may lack. */
function aloneIn(where: string | undefined): Pick<GamerOptions, 'where'> {
  return where === 'local' && typeof RTCPeerConnection === 'undefined' ? { where } : {};
}

function numberIn(attribute: string, text: string): number {
  const number = Number(text);
  if (text.trim() !== '' && Number.isFinite(number)) return number;
  throw MeshError.badInput(`${attribute} must be a number, not “${text}”.`);
}

/** Such as `render-scale` for `renderScale`. */
export function withHyphens(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

function attribute(name: string): string {
  return `data-${withHyphens(name)}`;
}
