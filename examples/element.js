import { drawHarbour } from './harbour.js';
import { attempt, showHelpers, showStatus } from './helpers.js';

const sharpen = document.querySelector('p2c2r-sharpen');
const place = document.querySelector('#place');
const source = document.querySelector('#source');
const toggle = document.querySelector('#toggle');
const invite = document.querySelector('#invite');
drawHarbour(source);

sharpen.addEventListener('shown', () =>
  showStatus(sharpen.isConnected ? sharpen.sharpened.shown.why : 'The canvas as it is.'),
);
sharpen.addEventListener('error', ({ detail }) => showStatus(detail.message));
sharpen.addEventListener('state', () => {
  invite.disabled = sharpen.client === null;
  showHelpers(sharpen.mesh.volunteers);
});
invite.addEventListener('click', () =>
  attempt(async () => open((await sharpen.client.createInvite()).url, '_blank', 'noopener')),
);

// The canvas goes on without its tag, and with it again.
toggle.addEventListener('click', () => {
  if (sharpen.isConnected) {
    place.replaceChildren(source);
    toggle.textContent = 'Put the tag around it';
  } else {
    sharpen.replaceChildren(source);
    place.append(sharpen);
    toggle.textContent = 'Take the tag away';
  }
});
