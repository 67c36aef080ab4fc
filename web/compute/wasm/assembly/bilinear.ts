import { between, PAD, PIXEL } from './rows';

/**
 * Interpolates a row: down between two padded rows, then across.
 *
 * @param bases - for each output pixel the input pixel at or before it, 4 bytes each; `shares` how far after it, a float each.
 * @param line - room for a padded row.
 */
export function bilinearRow(
  above: usize,
  below: usize,
  share: f32,
  paddedWidth: i32,
  bases: usize,
  shares: usize,
  outWidth: i32,
  line: usize,
  out: usize,
): void {
  const down = f32x4.splat(share);
  for (let at: usize = 0, end = <usize>(paddedWidth * PIXEL); at < end; at += PIXEL) {
    v128.store(line + at, between(v128.load(above + at), v128.load(below + at), down));
  }
  const first = line + PAD * PIXEL;
  for (let x: usize = 0, end = <usize>outWidth * 4; x < end; x += 4) {
    const left = first + load<i32>(bases + x) * PIXEL;
    v128.store(out + x * 4, between(v128.load(left), v128.load(left, PIXEL), v128.load32_splat(shares + x)));
  }
}
