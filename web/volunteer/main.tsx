import { render } from 'preact';
import { VolunteerNode } from '../sdk/p2c2r.ts';
import { nameStore, rememberedName, rememberName } from '../ui/friendly-name.ts';
import { hasLobby, invitedRoom } from './invite-form.tsx';
import { VolunteerPage } from './volunteer-page.tsx';
import { Volunteering } from './volunteering.ts';

const invited = invitedRoom(location.href);
// The consent is for this window, not for people who get its address.
if (invited.isConsented) history.replaceState(null, '', location.href.replace('&start=1', ''));

const store = nameStore();
const volunteering = new Volunteering(
  (options) => VolunteerNode.start(options),
  () => performance.now(),
);

// A page restored from the back/forward cache has left its room, so it starts over.
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
