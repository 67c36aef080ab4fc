import type { GamerClient } from 'p2c2r';
import { useMesh, useSharpened } from 'p2c2r/react';
import { StrictMode, useEffect, useRef, useState } from 'react';
import { createRoot } from 'react-dom/client';
import { OPTIONS, play, resizeTo } from './game.ts';

function App() {
  const { client, state, volunteers, error } = useMesh(OPTIONS);
  const [isPlaying, setIsPlaying] = useState(true);
  return (
    <main>
      <p>{error?.message ?? `${state}, ${volunteers.length} linked`}</p>
      {isPlaying && <Game client={client} />}
      <button type="button" onClick={() => setIsPlaying(!isPlaying)}>
        {isPlaying ? 'Leave the game' : 'Play'}
      </button>
    </main>
  );
}

function Game({ client }: { client: GamerClient | null }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => play(canvas.current), []);
  const { shown } = useSharpened(canvas, {
    client,
    renderScale: 0.5,
    resize: (size) => resizeTo(canvas.current, size),
  });
  return (
    <>
      <canvas ref={canvas} />
      <p role="status">{shown.why}</p>
    </>
  );
}

createRoot(document.querySelector('#page') ?? document.body).render(
  <StrictMode>
    <App />
  </StrictMode>,
);
