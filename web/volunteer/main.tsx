import { render } from 'preact';
import { VolunteerNode } from '../sdk/p2c2r.ts';
import { nameStore, rememberedName, rememberName } from '../ui/friendly-name.ts';
import { invitedRoom } from './invited-room.ts';
import { hasLobby } from './lobby.ts';
import { VolunteerPage } from './volunteer-page.tsx';
import { Volunteering } from './volunteering.ts';

const invited = invitedRoom(location.href);
// The consent was for this window, not for whoever is sent its address.
if (invited.isConsented) history.replaceState(null, '', location.href.replace('&start=1', ''));

const store = nameStore();
const volunteering = new Volunteering(
  (options) => VolunteerNode.start(options),
  () => performance.now(),
);

// A page taken back from the browser's cache has left its room: the SDK leaves when a page is hidden for good.
addEventListener('pageshow', (event) => event.persisted && location.reload());
// A link pasted into this tab leads to another room.
addEventListener('hashchange', () => location.reload());

const root = document.getElementById('page');
if (root) {
  render(
    <VolunteerPage
      volunteering={volunteering}
      invited={invited}
      findLobby={hasLobby}
      name={rememberedName(store, 'volunteer', Math.random)}
      onName={(name) => rememberName(store, 'volunteer', name)}
    />,
    root,
  );
}
