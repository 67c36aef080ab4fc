/**
 * One direction of an impaired path: loses some datagrams and passes the others in order, no faster than its rate, each after its
 * delay.
 */
export class ImpairedPath {
  counts = { carried: 0, lost: 0, overflowed: 0 };
  #delayMs;
  #loss;
  #queueBytes;
  #random;
  #now;
  /** Bytes per millisecond; null: no limit. @type {number | null} */
  #bytesPerMs = null;
  /** When the last datagram leaves the bottleneck. */
  #freeAtMs = 0;
  /** Datagrams in flight, in order of arrival. @type {{ atMs: number, deliver: () => void }[]} */
  #underWay = [];
  /** @type {NodeJS.Timeout | null} */
  #timer = null;

  /** @param {{ delayMs: number, loss: number, queueBytes: number, seed: number, now?: () => number }} options */
  constructor({ delayMs, loss, queueBytes, seed, now = () => performance.now() }) {
    this.#delayMs = delayMs;
    this.#loss = loss;
    this.#queueBytes = queueBytes;
    this.#random = randomOf(seed);
    this.#now = now;
  }

  /** @param {number | null} kbps */
  squeeze(kbps) {
    this.#bytesPerMs = kbps === null ? null : kbps / 8;
    this.#freeAtMs = this.#now();
  }

  /**
   * @param {{ byteLength: number }} datagram
   * @param {() => void} deliver
   */
  carry({ byteLength }, deliver) {
    if (this.#random() < this.#loss) {
      this.counts.lost++;
      return;
    }
    const nowMs = this.#now();
    const leftAtMs = this.#leavesAt(nowMs, byteLength);
    if (leftAtMs === null) {
      this.counts.overflowed++;
      return;
    }
    this.counts.carried++;
    this.#underWay.push({ atMs: leftAtMs + this.#delayMs, deliver });
    this.#wait();
  }

  /** Drops all datagrams in flight. */
  stop() {
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = null;
    this.#underWay = [];
  }

  /**
   * A token bucket without a burst: a datagram leaves when those before it have left and its own bytes have been sent.
   * @param {number} nowMs
   * @param {number} sizeBytes
   * @returns {number | null} null when the queue has no room for it
   */
  #leavesAt(nowMs, sizeBytes) {
    if (this.#bytesPerMs === null) return nowMs;
    const beginsMs = Math.max(nowMs, this.#freeAtMs);
    const queuedBytes = (beginsMs - nowMs) * this.#bytesPerMs;
    if (queuedBytes + sizeBytes > this.#queueBytes) return null;
    this.#freeAtMs = beginsMs + sizeBytes / this.#bytesPerMs;
    return this.#freeAtMs;
  }

  #wait() {
    const [first] = this.#underWay;
    if (this.#timer || !first) return;
    this.#timer = setTimeout(() => this.#arrive(), Math.max(0, first.atMs - this.#now()));
  }

  #arrive() {
    this.#timer = null;
    // A timer may fire slightly early; half a millisecond does not matter.
    const nowMs = this.#now() + 0.5;
    for (let [first] = this.#underWay; first && first.atMs <= nowMs; [first] = this.#underWay) {
      this.#underWay.shift();
      first.deliver();
    }
    this.#wait();
  }
}

/** Numbers from 0 to 1, the same for the same seed (a linear congruential generator, its upper bits). @param {number} seed */
function randomOf(seed) {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return (state >>> 8) / 2 ** 24;
  };
}
