/**
 * Draws web/public/link-picture.png, which chats show beside a link to our pages: `node deploy/link-picture.mjs`, after a change of the drawing. The
 * result is committed, so that a build needs no browser.
 */
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright';
import { launchOptions } from '../e2e/launch.mjs';

/** Pixels; the size that those who show it agree on. */
const SIZE = { width: 1200, height: 630 };

/** The colours of web/ui/tokens.css. */
const [GROUND, LINE, TEXT, SOFT, AMBER, TEAL] = ['#0b0e14', '#2a3447', '#e9eef7', '#a9b6cb', '#ffb84d', '#45d6b5'];

/**
 * @param {number} x
 * @param {number} y
 * @param {number} size
 * @param {number} cells on each side
 */
function hill(x, y, size, cells) {
  const step = size / cells;
  // Between the large ones only: lines between the small ones would look like a net.
  const gap = step > 10 ? 2 : 0;
  const squares = [];
  for (let row = 0; row < cells; row++) {
    for (let column = 0; column < cells; column++) {
      // A sun over a slope, sampled in the middle of each cell.
      const [u, v] = [(column + 0.5) / cells, (row + 0.5) / cells];
      const isSun = Math.hypot(u - 0.68, v - 0.3) < 0.17;
      const isSlope = v > 0.78 - 0.3 * Math.sin(u * 2.6 + 0.2);
      const fill = isSun ? AMBER : isSlope ? TEAL : LINE;
      squares.push(
        `<rect x="${x + column * step}" y="${y + row * step}" width="${step - gap}" height="${step - gap}" shape-rendering="crispEdges" fill="${fill}"/>`,
      );
    }
  }
  return squares.join('');
}

const picture = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${SIZE.width} ${SIZE.height}">
  <rect width="100%" height="100%" fill="${GROUND}"/>
  ${hill(80, 96, 300, 8)}
  <path d="M412 246h44m-16-16 16 16-16 16" fill="none" stroke="${SOFT}" stroke-width="5"/>
  ${hill(488, 96, 300, 60)}
  <g font-family="system-ui, sans-serif" fill="${TEXT}">
    <text x="80" y="500" font-size="62" font-weight="700" letter-spacing="-2.5">Borrow a friend’s graphics card</text>
    <text x="80" y="560" font-size="30" fill="${SOFT}">From browser to browser. Nothing to install.</text>
    <text x="1000" y="262" font-size="54" font-weight="700" text-anchor="middle">P2C2R</text>
  </g>
  <g transform="translate(914 96) scale(3.6)"><path fill="${AMBER}" d="M5 5h14v8h-6v6H5z"/>
    <path fill="${TEAL}" d="M15 15h5v5h-5zM22 15h5v5h-5zM15 22h5v5h-5zM22 22h5v5h-5z"/></g>
</svg>`;

const browser = await chromium.launch(await launchOptions({ hasWebgpu: false }));
try {
  const page = await browser.newPage({ viewport: SIZE });
  await page.setContent(`<style>body{margin:0}svg{display:block;width:100vw}</style>${picture}`);
  const path = fileURLToPath(new URL('../web/public/link-picture.png', import.meta.url));
  await page.screenshot({ path });
} finally {
  await browser.close();
}
