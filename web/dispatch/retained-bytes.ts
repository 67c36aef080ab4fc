/** Estimated memory of a JavaScript value beside its bulk data, bytes: V8's headers, pointers and numbers. */
const OBJECT_BYTES = 48;
const SLOT_BYTES = 16;
const CHAR_BYTES = 2;

/**
 * Estimates the memory that a result keeps from being freed, bytes. A view counts with its whole buffer, which it keeps; a buffer that
 * several views share counts once. A long list of equal tuples, such as the points of a path, is counted by its first.
 */
export function retainedBytes(value: unknown): number {
  const seen = new Set<object>();
  const waiting: unknown[] = [value];
  let sizeBytes = 0;
  while (waiting.length > 0) {
    const next = waiting.pop();
    if (typeof next === 'string') sizeBytes += next.length * CHAR_BYTES;
    if (typeof next !== 'object' || next === null || seen.has(next)) continue;
    seen.add(next);
    sizeBytes += OBJECT_BYTES;
    if (next instanceof ArrayBuffer) sizeBytes += next.byteLength;
    else if (ArrayBuffer.isView(next)) waiting.push(next.buffer);
    else if (Array.isArray(next)) {
      sizeBytes += next.length * SLOT_BYTES;
      if (isTuple(next[0])) sizeBytes += next.length * (OBJECT_BYTES + next[0].length * SLOT_BYTES);
      else if (typeof next[0] !== 'number') for (const element of next) waiting.push(element);
    } else if (isPicture(next)) waiting.push(next.data);
    else {
      for (const [name, member] of Object.entries(next)) {
        sizeBytes += SLOT_BYTES + name.length * CHAR_BYTES;
        waiting.push(member);
      }
    }
  }
  return sizeBytes;
}

function isTuple(value: unknown): value is number[] {
  return Array.isArray(value) && typeof value[0] === 'number';
}

/** Its pixels are not its own member. */
function isPicture(value: object): value is ImageData {
  return typeof ImageData === 'function' && value instanceof ImageData;
}
