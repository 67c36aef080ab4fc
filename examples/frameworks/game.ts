// What has nothing to do with a framework: the room, and a game that draws on a canvas.

const query = new URLSearchParams(location.search);

/** Options of `useMesh`. */
export const OPTIONS = { url: query.get('server') ?? 'http://localhost:8080', room: query.get('room') ?? 'demo' };

/** Sets how many pixels the game draws: all that `renderScale` needs of it. */
export function resizeTo(canvas: HTMLCanvasElement | null, { width, height }: { width: number; height: number }): void {
  if (canvas) Object.assign(canvas, { width, height });
}

/** Draws a road that bends, as long as the component is mounted. Returns what ends it. */
export function play(canvas: HTMLCanvasElement | null): () => void {
  const context = canvas?.getContext('2d');
  if (!canvas || !context) return () => {};
  resizeTo(canvas, { width: canvas.clientWidth * devicePixelRatio, height: canvas.clientHeight * devicePixelRatio });
  let frame = 0;
  const draw = (timeMs: number) => {
    drawRoad(context, timeMs);
    frame = requestAnimationFrame(draw);
  };
  frame = requestAnimationFrame(draw);
  return () => cancelAnimationFrame(frame);
}

function drawRoad(context: CanvasRenderingContext2D, timeMs: number): void {
  const { width, height } = context.canvas;
  context.fillStyle = '#1d2a4d';
  context.fillRect(0, 0, width, height);
  const horizon = height * 0.4;
  for (let y = horizon; y < height; y++) {
    const near = (y - horizon) / (height - horizon);
    const at = 6 / (near + 0.05) + timeMs / 120;
    const middle = width / 2 + Math.sin(at / 30) * width * 0.12 * (1 - near);
    const half = width * (0.02 + 0.4 * near);
    context.fillStyle = Math.floor(at) % 2 ? '#103232' : '#1f4a4a';
    context.fillRect(0, y, width, 1);
    context.fillStyle = '#2a2f3d';
    context.fillRect(middle - half, y, half * 2, 1);
    context.fillStyle = Math.floor(at * 1.5) % 2 ? '#f3e9d2' : '#e2574c';
    for (const side of [-1, 1]) context.fillRect(middle + side * half - half * 0.04, y, half * 0.08, 1);
  }
}
