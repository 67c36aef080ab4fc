// What the three pages share: joining a room, inviting helpers, and telling what happened.
import { GamerClient } from '/p2c2r.js';

const status = document.querySelector('#status');
const invite = document.querySelector('#invite');
const helpers = document.querySelector('#helpers');

/** Joins a room that nobody knows, and lets the button of the page open a volunteer's window into it. */
export async function join() {
  const client = await GamerClient.connect({ name: document.title });
  const { url } = await client.createInvite();
  const count = () => {
    const { length } = client.volunteers;
    helpers.textContent = length === 0 ? 'Nobody helps: this computer does it.' : `${length} helping`;
  };
  client.addEventListener('volunteers', count);
  count();
  invite.addEventListener('click', () => open(url, '_blank', 'noopener'));
  invite.disabled = false;
  return client;
}

export function tell(text) {
  status.textContent = text;
}

/** Runs something, and tells the person at the screen what went wrong with it. */
export async function attempt(action) {
  try {
    await action();
  } catch (error) {
    tell(error.message);
  }
}

/** Where a result was made, in words. */
export function placeOf(client, { ranOn }) {
  if (ranOn === 'local') return 'this computer';
  if (ranOn === 'cache') return 'the cache';
  return client.volunteers.find(({ id }) => id === ranOn)?.name ?? 'a volunteer';
}
