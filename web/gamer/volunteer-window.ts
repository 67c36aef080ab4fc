/** Tells the volunteer page that the person on this machine has already said yes. */
const CONSENT = '&start=1';

/** Of its own process (`noopener`): the two sides must not share a main thread, or the test would measure that. */
const FEATURES = 'popup,noopener,width=520,height=760';

export function openVolunteerWindow(inviteUrl: string): void {
  window.open(inviteUrl + CONSENT, '_blank', FEATURES);
}
