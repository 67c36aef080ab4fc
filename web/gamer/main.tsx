import { effect } from '@preact/signals';
import { render } from 'preact';
import { GamerClient } from '../sdk/p2c2r.ts';
import { nameStore, rememberedName } from '../ui/friendly-name.ts';
import { GamerPage } from './gamer-page.tsx';
import { Player } from './player.ts';
import { tabStore } from './room-entry.ts';
import { GamerSession } from './session.ts';
import { openSource } from './source.ts';

const name = rememberedName(nameStore(), 'gamer', Math.random);
const session = new GamerSession({
  connect: (options) => GamerClient.connect(options),
  name,
  pageUrl: location.href,
  store: tabStore(),
});
const player = new Player(openSource);

// The picture is there at once, as it is; it turns sharp when the room is open.
effect(() => void player.useClient(session.client.value));
void session.start();

// A page taken back from the browser's cache has left its room: the SDK leaves when a page is hidden for good.
addEventListener('pageshow', (event) => event.persisted && location.reload());
// A link pasted into this tab leads to another room.
addEventListener('hashchange', () => location.reload());

const root = document.getElementById('page');
if (root) render(<GamerPage session={session} player={player} name={name} />, root);
