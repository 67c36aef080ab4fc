/** Starts anew in each page's life only: no two payloads of a run are equal, so no cache can answer. */
let serial = 0;

/** Bytes no other call has given. @param {number} sizeBytes at least 4 */
export function freshBytes(sizeBytes) {
  const bytes = new Uint8Array(sizeBytes);
  new DataView(bytes.buffer).setUint32(0, ++serial);
  return bytes;
}

/**
 * A picture no other call has given.
 * @param {number} width
 * @param {number} height
 */
export function freshPicture(width, height) {
  const data = new Uint8ClampedArray(width * height * 4);
  for (let index = 0; index < data.length; index += 4) data[index] = index >> 4;
  for (let index = 3; index < data.length; index += 4) data[index] = 255;
  new DataView(data.buffer).setUint32(4, ++serial);
  return { width, height, data };
}
