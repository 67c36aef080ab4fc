import { effect } from '@preact/signals';
import { render } from 'preact';
import { systemClock } from '../../shared/clock.ts';
import { GameWork } from '../game/game-work.ts';
import { GamerClient } from '../sdk/p2c2r.ts';
import { nameStore, rememberedName } from '../ui/friendly-name.ts';
import { capture } from './capture.ts';
import { download } from './download.ts';
import { FloatingPicture } from './floating-picture.ts';
import { GamerPage } from './gamer-page.tsx';
import { openSource } from './open-source.ts';
import { Player } from './player.ts';
import { Recorder } from './recorder.ts';
import { tabStore } from './room-entry.ts';
import { GamerSession } from './session.ts';

const name = rememberedName(nameStore(), 'gamer', Math.random);
const session = new GamerSession({
  connect: (options) => GamerClient.connect(options),
  name,
  pageUrl: location.href,
  store: tabStore(),
  now: Date.now,
});
const gameWork = new GameWork(systemClock);
const player = new Player((choice, handlers) => openSource(choice, handlers, gameWork), capture);
const keeper = new Recorder({ player, clock: systemClock, download });
const floating = new FloatingPicture(player.output);

// The picture is there at once, as it is; it turns sharp when the room is open.
effect(() => void player.useClient(session.client.value));
effect(() => gameWork.useClient(session.client.value));
void session.start();

// A page taken back from the browser's cache has left its room: the SDK leaves when a page is hidden for good.
addEventListener('pageshow', (event) => event.persisted && location.reload());
// A link pasted into this tab leads to another room.
addEventListener('hashchange', () => location.reload());

const root = document.getElementById('page');
const parts = { session, player, gameWork, keeper, floating };
if (root) render(<GamerPage {...parts} name={name} />, root);
