import { Packr } from 'msgpackr/index-no-eval';
import { MeshError } from './errors.ts';

/** Bounds of one envelope, beside its size in bytes. */
export const ENVELOPE = {
  /** The deepest message, an `infer` task, has seven levels with its envelope. */
  maxDepth: 16,
  /** Values and names of members. A full batch has some 15,000; decoding and validating this many takes a few milliseconds. */
  maxNodes: 32_768,
} as const;

// With records, an envelope would depend on earlier ones, which does not work on unordered channels. Pointers (`structuredClone`) would let
// an envelope of some hundred bytes stand for any number of values. An `undefined` would travel as an extension, which no one accepts.
const options = {
  ...{ useRecords: false, moreTypes: false, structuredClone: false, encodeUndefinedAsNil: true },
  // Missing in the library's types.
  skipValues: [undefined],
};
const packr = new Packr(options);

/** Encodes plain values. Members that are undefined are left out. */
export function packMessages(value: unknown): Uint8Array {
  return packr.pack(value);
}

/**
 * Decodes what another browser sent. Only nil, booleans, numbers, strings, arrays and maps are accepted, within {@link ENVELOPE}'s bounds,
 * which are checked before anything is allocated. Throws MeshError `malformed`.
 */
export function unpackMessages(bytes: Uint8Array): unknown {
  checkPlain(bytes);
  try {
    return packr.unpack(bytes);
  } catch (cause) {
    throw new MeshError('malformed', 'An envelope is not MessagePack. Reload both pages.', { cause });
  }
}

/** What a byte of MessagePack begins: `sizeBytes` of content follow it, or `children` values. */
interface Token {
  sizeBytes: number;
  children: number;
  kind: 'other' | 'string' | 'map';
}

/** A map or an array whose values are being read. */
interface Level {
  remaining: number;
  isMap: boolean;
}

/** Reads the structure once, without recursion and without building anything. */
function checkPlain(bytes: Uint8Array): void {
  const levels: Level[] = [];
  let at = 0;
  let announced = 1;
  do {
    const token = tokenAt(bytes, at);
    at += token.sizeBytes;
    if (at > bytes.byteLength) throw MeshError.malformed('An envelope is cut off.');
    const level = levels.at(-1);
    if (level) {
      // Names and values alternate: an even number remains where a name is due.
      if (level.isMap && level.remaining % 2 === 0 && token.kind !== 'string')
        throw MeshError.malformed('A member of a message has no name.');
      level.remaining--;
    }
    announced += token.children;
    if (announced > ENVELOPE.maxNodes)
      throw MeshError.malformed(`An envelope has more than ${ENVELOPE.maxNodes} values.`);
    if (token.children > 0) levels.push({ remaining: token.children, isMap: token.kind === 'map' });
    if (levels.length > ENVELOPE.maxDepth)
      throw MeshError.malformed(`An envelope is nested deeper than ${ENVELOPE.maxDepth} levels.`);
    while (levels.at(-1)?.remaining === 0) levels.pop();
  } while (levels.length > 0);
  if (at !== bytes.byteLength) throw MeshError.malformed('An envelope is longer than its messages.');
}

/** Throws MeshError `malformed` for binary data, which travels as attachments, and for every extension. */
function tokenAt(bytes: Uint8Array, at: number): Token {
  const first = bytes[at];
  if (first === undefined) throw MeshError.malformed('An envelope is cut off.');
  if (first < 0x80 || first >= 0xe0) return leaf(0);
  if (first < 0x90) return { sizeBytes: 1, children: 2 * (first & 0x0f), kind: 'map' };
  if (first < 0xa0) return { sizeBytes: 1, children: first & 0x0f, kind: 'other' };
  if (first < 0xc0) return text(1, first & 0x1f);
  switch (first) {
    case 0xc0: // nil
    case 0xc2: // false
    case 0xc3: // true
      return leaf(0);
    case 0xcc: // u8
    case 0xd0: // i8
      return leaf(1);
    case 0xcd: // u16
    case 0xd1: // i16
      return leaf(2);
    case 0xca: // f32
    case 0xce: // u32
    case 0xd2: // i32
      return leaf(4);
    case 0xcb: // f64; 64-bit integers would become BigInts, which no message has
      return leaf(8);
    case 0xd9: // str 8, 16, 32
      return text(2, unsignedAt(bytes, at + 1, 1));
    case 0xda:
      return text(3, unsignedAt(bytes, at + 1, 2));
    case 0xdb:
      return text(5, unsignedAt(bytes, at + 1, 4));
    case 0xdc: // array 16, 32
      return { sizeBytes: 3, children: unsignedAt(bytes, at + 1, 2), kind: 'other' };
    case 0xdd:
      return { sizeBytes: 5, children: unsignedAt(bytes, at + 1, 4), kind: 'other' };
    case 0xde: // map 16, 32
      return { sizeBytes: 3, children: 2 * unsignedAt(bytes, at + 1, 2), kind: 'map' };
    case 0xdf:
      return { sizeBytes: 5, children: 2 * unsignedAt(bytes, at + 1, 4), kind: 'map' };
    default:
      throw MeshError.malformed('An envelope has a value that is neither a number, a text, a list nor an object.');
  }
}

function leaf(contentBytes: number): Token {
  return { sizeBytes: 1 + contentBytes, children: 0, kind: 'other' };
}

function text(headBytes: number, contentBytes: number): Token {
  return { sizeBytes: headBytes + contentBytes, children: 0, kind: 'string' };
}

/** An unsigned big-endian number. Beyond the end it reads zeros: the caller finds out that the token is cut off. */
function unsignedAt(bytes: Uint8Array, at: number, sizeBytes: number): number {
  let value = 0;
  for (let i = 0; i < sizeBytes; i++) value = value * 256 + (bytes[at + i] ?? 0);
  return value;
}
