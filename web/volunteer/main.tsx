import { effect } from '@preact/signals';
import { render } from 'preact';
import { systemClock } from '../../shared/clock.ts';
import { startPurpose, withoutStartPermit } from '../../shared/invite.ts';
import { VolunteerNode } from '../sdk/p2c2r.ts';
import { serverOffers } from '../sdk/server-offers.ts';
import { rememberAudience, rememberedAudience } from '../ui/address-field.tsx';
import { nameStore, rememberedName, rememberName } from '../ui/friendly-name.ts';
import { takePermit } from '../ui/one-time-permit.ts';
import { announceMeasuring, openWindowChannel } from '../ui/starting-windows.ts';
import { lookUpCode } from './code-lookup.ts';
import { arrivalOf, helpingBefore, keepInHistoryState } from './history-state.ts';
import { invitedRoom } from './invite-form.tsx';
import { rememberedLimits, rememberLimits } from './remembered-limits.ts';
import { VolunteerPage } from './volunteer-page.tsx';
import { Volunteering } from './volunteering.ts';

const store = nameStore();
const left = helpingBefore(history.state, arrivalOf(performance));
const invited = left
  ? { ...left, code: null, isConsented: true }
  : invitedRoom(location.href, (invite, permit) => takePermit(store, startPurpose(invite), permit, Date.now()));
// The consent is for this window, not for people who get its address.
history.replaceState(null, '', withoutStartPermit(location.href));

const lookUp = (code: string) =>
  lookUpCode(code, {
    pageUrl: location.href,
    get: (...request) => fetch(...request),
    rename: (url) => history.replaceState(history.state, '', url),
    leaveFor: (url) => location.replace(url),
  });

const volunteering = new Volunteering(
  (options) => VolunteerNode.start(options),
  () => performance.now(),
);

keepInHistoryState(volunteering.helping);

// The gamer's page in this browser says so, instead of that nobody helps.
const windows = openWindowChannel();
effect(() => {
  const room = volunteering.helping.value?.invite?.room;
  if (volunteering.phase.value !== 'starting' || room === undefined) return;
  return announceMeasuring(windows, room, systemClock.after);
});
// A link pasted into this tab leads to another room.
addEventListener('hashchange', () => location.reload());

const root = document.getElementById('page');
if (root) {
  render(
    <VolunteerPage
      volunteering={volunteering}
      invited={invited}
      lookUp={lookUp}
      findOffers={serverOffers}
      name={rememberedName(store, 'volunteer', Math.random)}
      onName={(name) => rememberName(store, 'volunteer', name)}
      limits={rememberedLimits(store)}
      onLimits={(limits) => rememberLimits(store, limits)}
      addressAudience={rememberedAudience(store)}
      onAddressAudience={(audience) => rememberAudience(store, audience)}
    />,
    root,
  );
}
