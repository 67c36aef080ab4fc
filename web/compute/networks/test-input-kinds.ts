const WIDTH = 160;
const HEIGHT = 90;

export const aliasedPicture = (noise = 0) => discs(1, noise);
export const smoothPicture = (noise = 0, samples = 2) => discs(samples, noise);

/** A scene of discs and a slope, with so many samples along each side of a pixel. */
function discs(samples: number, noise: number) {
  const data = new Uint8ClampedArray(WIDTH * HEIGHT * 4);
  let seed = 1;
  for (let y = 0; y < HEIGHT; y++) {
    for (let x = 0; x < WIDTH; x++) {
      let sum = 0;
      for (let n = 0; n < samples * samples; n++) {
        sum += sceneAt(x + ((n % samples) + 0.5) / samples, y + (Math.floor(n / samples) + 0.5) / samples);
      }
      seed = (seed * 16_807) % 2_147_483_647;
      const value = sum / samples ** 2 + noise * (seed / 2_147_483_647 - 0.5);
      data.set([value, value, value, 255], (y * WIDTH + x) * 4);
    }
  }
  return { width: WIDTH, height: HEIGHT, data };
}

function sceneAt(x: number, y: number): number {
  const disc = Math.hypot((x % 40.7) - 20, (y % 30.3) - 15) < 11.4 ? 200 : 60;
  return disc + x * 0.1;
}
