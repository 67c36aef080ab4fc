/** Of the elements that matter here (RFC 8794, RFC 9559). */
const ID = {
  header: 0x1a45dfa3,
  segment: 0x18538067,
  info: 0x1549a966,
  duration: 0x4489,
  cluster: 0x1f43b675,
  clusterTimestamp: 0xe7,
  simpleBlock: 0xa3,
  blockGroup: 0xa0,
  block: 0xa1,
} as const;

/** Their elements are looked at, which follow right after their heads; of all others the contents are passed over. */
const CONTAINERS: readonly number[] = [ID.segment, ID.info, ID.cluster, ID.blockGroup];
const UNKNOWN_SIZE = Number.POSITIVE_INFINITY;

interface Element {
  id: number;
  startsAt: number;
  dataAt: number;
  /** Bytes of its data; {@link UNKNOWN_SIZE} for one that lasts as long as its elements do. */
  size: number;
}

/**
 * A recorder does not know how long a clip will be when it writes the head of the file, and players then show neither its length nor
 * a place to jump to. Here its end is read from the frames and written into the head. What is no such recording stays as it is.
 * Our own: the packages for it have not been touched for years, or write the whole file anew.
 */
export async function withDuration(clip: Blob): Promise<Blob> {
  const view = new DataView(await clip.arrayBuffer());
  let info: Element | null = null;
  let clusterTime = 0;
  let [lastTime, previousTime] = [0, 0];
  for (const element of elementsOf(view)) {
    const { id, dataAt, size } = element;
    // Its size would have to change too, or there is nothing to add: no recorder's doing.
    if ((id === ID.segment && size !== UNKNOWN_SIZE) || id === ID.duration) return clip;
    if (id === ID.info) info = element;
    else if (id === ID.clusterTimestamp) clusterTime = unsigned(view, dataAt, size);
    else if (id === ID.simpleBlock || id === ID.block) {
      // After the number of the track, which takes one byte.
      const time = clusterTime + view.getInt16(dataAt + 1);
      [lastTime, previousTime] = [Math.max(lastTime, time), lastTime];
    }
  }
  if (!info || info.size === UNKNOWN_SIZE || lastTime === 0) return clip;
  // The last frame is shown for as long as the one before it.
  const duration = durationElement(lastTime + Math.max(0, lastTime - previousTime));
  const infoEndsAt = info.dataAt + info.size;
  const head = infoHead(info.size + duration.byteLength);
  const parts = [
    clip.slice(0, info.startsAt),
    head,
    clip.slice(info.dataAt, infoEndsAt),
    duration,
    clip.slice(infoEndsAt),
  ];
  return new Blob(parts, { type: clip.type });
}

/** In the order of the file, until its end or what cannot be read. */
function* elementsOf(view: DataView): Generator<Element> {
  for (let at = 0; at < view.byteLength; ) {
    const element = elementAt(view, at);
    if (!element || (at === 0 && element.id !== ID.header)) return;
    const isContainer = CONTAINERS.includes(element.id);
    const endsAt = element.dataAt + (isContainer ? 0 : element.size);
    if (endsAt > view.byteLength) return;
    yield element;
    at = endsAt;
  }
}

function elementAt(view: DataView, startsAt: number): Element | null {
  const idLength = lengthAt(view, startsAt);
  const sizeLength = lengthAt(view, startsAt + idLength);
  const dataAt = startsAt + idLength + sizeLength;
  if (idLength > 4 || sizeLength > 8 || dataAt > view.byteLength) return null;
  const id = unsigned(view, startsAt, idLength);
  const marked = unsigned(view, startsAt + idLength, sizeLength);
  const marker = 2 ** (7 * sizeLength);
  // All ones: the size was not known when it was written.
  const size = marked === 2 * marker - 1 ? UNKNOWN_SIZE : marked - marker;
  return { id, startsAt, dataAt, size };
}

/** Of a number whose leading zeros tell its length, in bytes. */
function lengthAt(view: DataView, at: number): number {
  return at < view.byteLength ? Math.clz32(view.getUint8(at)) - 23 : Number.POSITIVE_INFINITY;
}

function unsigned(view: DataView, at: number, length: number): number {
  let value = 0;
  for (let index = 0; index < length; index++) value = value * 256 + view.getUint8(at + index);
  return value;
}

function infoHead(size: number): ArrayBuffer {
  const head = new DataView(new ArrayBuffer(8));
  head.setUint32(0, ID.info);
  // A size of four bytes, told by the fourth bit.
  head.setUint32(4, 0x10000000 + size);
  return head.buffer;
}

function durationElement(duration: number): ArrayBuffer {
  const element = new DataView(new ArrayBuffer(11));
  element.setUint16(0, ID.duration);
  element.setUint8(2, 0x88);
  element.setFloat64(3, duration);
  return element.buffer;
}
