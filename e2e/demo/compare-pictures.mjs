/**
 * Runs in the gamer's page: shows a frame stretched bilinearly and as it is shown, the same part of each, magnified side by
 * side; and measures how much stronger the output's edges are (mean absolute Laplacian of its luma over that of the stretched source).
 * @returns {{ dataUrl: string, sharpness: number }}
 */
export function comparePictures() {
  const after = document.querySelector('[data-testid=output] canvas');
  const before = document.querySelector('[data-testid=output-before] canvas');
  if (!(before instanceof HTMLCanvasElement) || !(after instanceof HTMLCanvasElement)) {
    throw new Error('The page shows no two pictures.');
  }
  // "After: 1280 × 720, with detail": what the page says was done to it.
  const treatment = document.querySelector('.before-after__caption--after')?.textContent?.split(', ')[1] ?? '';
  const { width, height } = after;
  const part = { width: Math.round(width * 0.4), height: Math.round(height * 0.5) };
  const magnification = 2;
  const labelHeight = 40;

  /** @param {HTMLCanvasElement} source */
  const stretched = (source) => {
    const canvas = new OffscreenCanvas(width, height);
    const context = canvas.getContext('2d');
    if (!context) throw new Error('This browser draws no canvas.');
    context.imageSmoothingQuality = 'low';
    context.drawImage(source, 0, 0, width, height);
    return { canvas, pixels: context.getImageData(0, 0, width, height).data };
  };
  /** @param {Uint8ClampedArray} pixels */
  const edges = (pixels) => {
    /** @param {number} at */
    const luma = (at) =>
      0.299 * (pixels[at * 4] ?? 0) + 0.587 * (pixels[at * 4 + 1] ?? 0) + 0.114 * (pixels[at * 4 + 2] ?? 0);
    let sum = 0;
    for (let y = 1; y < height - 1; y++) {
      for (let x = 1; x < width - 1; x++) {
        const at = y * width + x;
        sum += Math.abs(4 * luma(at) - luma(at - 1) - luma(at + 1) - luma(at - width) - luma(at + width));
      }
    }
    return sum;
  };

  const panes = [stretched(before), stretched(after)];
  const [left, right] = panes;
  if (!left || !right) throw new Error('There are no two panes.');
  const paneWidth = part.width * magnification;
  const picture = Object.assign(document.createElement('canvas'), {
    width: 2 * paneWidth + 8,
    height: part.height * magnification + labelHeight,
  });
  const context = picture.getContext('2d');
  if (!context) throw new Error('This browser draws no canvas.');
  context.fillStyle = '#0b0e14';
  context.fillRect(0, 0, picture.width, picture.height);
  context.imageSmoothingEnabled = false;
  context.font = '600 22px system-ui, sans-serif';
  for (const [index, { canvas }] of panes.entries()) {
    const x = index * (paneWidth + 8);
    const from = { x: Math.round((width - part.width) / 2), y: Math.round((height - part.height) / 2) };
    context.drawImage(
      canvas,
      from.x,
      from.y,
      part.width,
      part.height,
      x,
      labelHeight,
      paneWidth,
      part.height * magnification,
    );
    context.fillStyle = index === 0 ? '#a7b0c0' : '#ffb84d';
    context.fillText(index === 0 ? 'before: stretched, bilinear' : `after: ${treatment}`, x + 12, 28);
  }
  return { dataUrl: picture.toDataURL('image/png'), sharpness: edges(right.pixels) / edges(left.pixels) };
}
