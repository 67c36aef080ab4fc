import { systemClock } from '../../shared/clock.ts';
import { MeshError } from '../../shared/errors.ts';
import { writableOf } from './frame-output.ts';
import { GameLoop } from './game-loop.ts';
import type { FromGame, ToGame } from './messages.ts';

// The game's worker. It owns the canvas, the race and the frames that leave it.
let opening: Promise<void> = Promise.resolve();
let loop: GameLoop | null = null;
/** The page may pause the game while WebGL is still starting. */
let isPaused = false;
let isListening = false;

const send = (message: FromGame) => postMessage(message);
const fail = (error: MeshError) => send({ kind: 'failed', error: error.toWire() });

async function start({ canvas, channel, seed, isCalm }: Extract<ToGame, { kind: 'start' }>): Promise<void> {
  const frames = writableOf(channel);
  try {
    loop = await GameLoop.open({
      canvas,
      frames,
      seed,
      isCalm,
      clock: systemClock,
      onFirstFrame: () => send({ kind: 'ready' }),
      onState: (state) => send({ kind: 'state', state }),
      onEvents: (events) => send({ kind: 'events', events }),
      onSound: (sound) => send({ kind: 'sound', sound }),
      onRequest: (request) => send({ kind: 'request', request }),
      onFailed: fail,
    });
    loop.listen(isListening);
    if (!isPaused) loop.resume();
  } catch (cause) {
    fail(MeshError.from(cause, 'unsupported-browser'));
    // Tells the reader of the source too, unless it ended first.
    await frames.close().catch(() => {});
  }
}

async function dispose(): Promise<void> {
  await opening;
  await loop?.dispose();
  send({ kind: 'disposed' });
}

addEventListener('message', ({ data }: MessageEvent<ToGame>) => {
  switch (data.kind) {
    case 'start':
      opening = start(data);
      return;
    case 'controls':
      if (loop) loop.controls = data.controls;
      return;
    case 'response':
      loop?.receive(data.response);
      return;
    case 'listen':
      isListening = data.isListening;
      loop?.listen(isListening);
      return;
    case 'pause':
      isPaused = true;
      loop?.pause();
      return;
    case 'resume':
      isPaused = false;
      loop?.resume();
      return;
    case 'dispose':
      void dispose();
  }
});
