/**
 * Most headers of one kind in a packet. Encoders write a few at most; reading millions of them would hold up the thread for seconds, far
 * longer than it takes to send them.
 */
export const MAX_HEADERS = 64;

/** Reads the bit fields of a video header, most significant bit first. Reading past the end throws a RangeError. */
export class BitReader {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  bit(): boolean {
    const byte = this.#bytes[this.#at >> 3];
    if (byte === undefined) throw new RangeError('a video header is cut off');
    const isSet = ((byte >> (7 - (this.#at & 7))) & 1) === 1;
    this.#at++;
    return isSet;
  }

  /** An unsigned number of up to 32 bits. */
  bits(count: number): number {
    let value = 0;
    for (let i = 0; i < count; i++) value = value * 2 + (this.bit() ? 1 : 0);
    return value;
  }

  skip(count: number): void {
    for (let i = 0; i < count; i++) this.bit();
  }

  /** An Exp-Golomb number, as in H.264 (`ue(v)`) and AV1 (`uvlc()`). */
  expGolomb(): number {
    let zeros = 0;
    while (!this.bit()) if (++zeros > 31) throw new RangeError('a video header has an endless number');
    return 2 ** zeros - 1 + this.bits(zeros);
  }
}
