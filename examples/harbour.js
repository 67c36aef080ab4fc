// The moving picture of two examples: a harbour at night, with fine lines, which a small picture loses first.

/** Draws it on a canvas of 320x180 pixels in every frame. */
export function drawHarbour(canvas) {
  const context = canvas.getContext('2d');
  const draw = (timeMs) => {
    drawSky(context, timeMs);
    drawSea(context, timeMs);
    drawBoat(context, timeMs);
    requestAnimationFrame(draw);
  };
  requestAnimationFrame(draw);
}

function drawSky(context, timeMs) {
  const { width, height } = context.canvas;
  const sky = context.createLinearGradient(0, 0, 0, height);
  sky.addColorStop(0, '#0b1030');
  sky.addColorStop(0.6, '#7a4768');
  context.fillStyle = sky;
  context.fillRect(0, 0, width, height);
  for (let nth = 0; nth < 14; nth++) {
    // They pass from right to left, and come back on the right.
    const x = ((((nth * 27 - timeMs / 40) % 380) + 380) % 380) - 30;
    const floors = 3 + ((nth * 7) % 6);
    context.fillStyle = nth % 2 ? '#171634' : '#221c44';
    context.fillRect(x, 118 - floors * 12, 24, floors * 12);
    context.fillStyle = '#ffcf86';
    for (let floor = 0; floor < floors; floor++) {
      for (let window = 0; window < 3; window++) {
        if ((nth + floor * 3 + window) % 4) context.fillRect(x + 4 + window * 6, 121 - floors * 12 + floor * 12, 3, 5);
      }
    }
  }
}

function drawSea(context, timeMs) {
  const { width, height } = context.canvas;
  context.fillStyle = '#0d1b33';
  context.fillRect(0, 118, width, height - 118);
  context.lineWidth = 1;
  for (let wave = 0; wave < 12; wave++) {
    const y = 122 + wave * 5;
    context.strokeStyle = `hsl(215 60% ${22 + wave * 3}%)`;
    context.beginPath();
    for (let x = 0; x <= width; x += 4)
      context.lineTo(x, y + Math.sin(x / (6 + wave) + timeMs / (300 + wave * 20)) * 1.6);
    context.stroke();
  }
}

function drawBoat(context, timeMs) {
  const boat = 160 + Math.sin(timeMs / 2600) * 90;
  const bob = 128 + Math.sin(timeMs / 500) * 2;
  context.fillStyle = '#e2574c';
  context.beginPath();
  context.moveTo(boat - 34, bob);
  context.lineTo(boat + 34, bob);
  context.lineTo(boat + 22, bob + 14);
  context.lineTo(boat - 24, bob + 14);
  context.fill();
  context.strokeStyle = '#f3e9d2';
  context.beginPath();
  for (const [x, y] of [
    [-20, 0],
    [0, -46],
    [20, 0],
    [0, -46],
    [0, 0],
  ])
    context.lineTo(boat + x, bob + y);
  context.stroke();
  context.fillStyle = '#f3e9d2';
  context.font = '8px system-ui, sans-serif';
  context.fillText('HARBOUR 27', boat - 24, bob + 10);
}
