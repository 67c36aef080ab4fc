import type { Features } from './reference.ts';

interface Index {
  parts: { name: string; width: number; height: number; channels: number }[];
}

/** What PyTorch made of a picture, layer by layer (`vectors` in training/export.py). */
export function readVectors(index: Index, bytes: ArrayBuffer): Map<string, Features> {
  let offset = 0;
  return new Map(
    index.parts.map(({ name, width, height, channels }) => {
      const data = new Float32Array(bytes, offset, width * height * channels);
      offset += data.byteLength;
      return [name, { width, height, channels, data }];
    }),
  );
}
