// Shared by the examples: joining a room, inviting helpers, and showing the status.
import { GamerClient } from '../p2c2r.js';

const status = document.querySelector('#status');
const invite = document.querySelector('#invite');
const helpers = document.querySelector('#helpers');

/** Joins a new room, and lets the page's button open a volunteer window in it. */
export async function join() {
  const client = await GamerClient.connect({ name: document.title });
  const { url } = await client.createInvite();
  const count = () => showHelpers(client.volunteers);
  client.addEventListener('volunteers', count);
  count();
  invite.addEventListener('click', () => open(url, '_blank', 'noopener'));
  invite.disabled = false;
  return client;
}

/** Says how many are linked. */
export function showHelpers({ length }) {
  helpers.textContent = length === 0 ? 'No helpers: this computer does the work.' : `${length} linked`;
}

export function showStatus(text) {
  status.textContent = text;
}

/** Runs an action and shows its error, if any. */
export async function attempt(action) {
  try {
    await action();
  } catch (error) {
    showStatus(error.message);
  }
}

/** Names the machine that computed a result. */
export function placeOf(client, { ranOn }) {
  if (ranOn === 'local') return 'this computer';
  if (ranOn === 'cache') return 'the cache';
  // Quoted, since volunteers choose their names: one must not read as words of this page.
  const volunteer = client.volunteers.find(({ id }) => id === ranOn);
  return volunteer ? JSON.stringify(volunteer.name) : 'a volunteer';
}
