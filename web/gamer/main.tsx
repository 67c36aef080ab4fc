import { effect, signal } from '@preact/signals';
import { render } from 'preact';
import { systemClock } from '../../shared/clock.ts';
import { GameWork } from '../game/game-work.ts';
import { pageDiagnostics } from '../sdk/diagnostics.ts';
import { GamerClient } from '../sdk/p2c2r.ts';
import { serverOffers } from '../sdk/server-offers.ts';
import { rememberedAudience } from '../ui/address-field.tsx';
import { nameStore, rememberedName } from '../ui/friendly-name.ts';
import { openWindowChannel, type StartingWindow, StartingWindows } from '../ui/starting-windows.ts';
import { capture } from './capture.ts';
import { openChosenSource } from './chosen-source.ts';
import { FloatingPicture } from './floating-picture.ts';
import { GamerPage } from './gamer-page.tsx';
import { Player } from './player.ts';
import { download, Recorder } from './recorder.ts';
import { linkedChoices, rememberedChoices } from './remembered-choices.ts';
import { tabStore } from './room-links.ts';
import { GamerSession } from './session.ts';
import { PageSound, whenActive } from './sound/page-sound.ts';
import { SoundOutput } from './sound/sound-output.ts';

const name = rememberedName(nameStore(), 'gamer', Math.random);
const session = new GamerSession({
  connect: (options) => GamerClient.connect(options),
  name,
  pageUrl: location.href,
  store: tabStore(),
  findRelay: async () => (await serverOffers()).relay,
  addressAudience: rememberedAudience(nameStore()),
  now: Date.now,
});
const gameWork = new GameWork(systemClock);
const choices = { ...rememberedChoices(nameStore()), ...linkedChoices(location.search) };
const player: Player = new Player(
  (choice, handlers) => openChosenSource(choice, handlers, gameWork),
  (kind) => capture(kind, sound.screen.value === 'here'),
  choices,
);
const sound = new PageSound({
  source: player.source,
  report: player.report,
  store: nameStore(),
  openOutput: () => new SoundOutput(),
  whenActive,
});
const recorder = new Recorder({ player, clock: systemClock, download, sound });
const floating = new FloatingPicture(player.output);
const starting = signal<StartingWindow | null>(null);
const windows = new StartingWindows(openWindowChannel(), systemClock.after, (now) => (starting.value = now));

// The picture is shown at once, and sharpened when the room is open.
effect(() => void player.useClient(session.client.value));
effect(() => gameWork.useClient(session.client.value));
effect(() => {
  windows.room = session.client.value?.room ?? null;
});
void session.open();

// A link pasted into this tab leads to another room.
addEventListener('hashchange', () => location.reload());

const diagnose = () => session.client.value?.diagnostics() ?? pageDiagnostics();

const root = document.getElementById('page');
const parts = { session, player, gameWork, recorder, floating, windows, starting, sound, clock: systemClock };
if (root) render(<GamerPage {...parts} name={name} diagnose={diagnose} />, root);
