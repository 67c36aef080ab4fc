import { render } from 'preact';
import { GamerClient } from '../sdk/p2c2r.ts';
import { ComparePage } from './compare-page.tsx';
import { Comparing } from './comparing.ts';

const comparing = new Comparing({ connect: () => GamerClient.connect({ name: 'compare', where: 'local' }) });

// A page restored from the back/forward cache has lost its client, so it starts over.
addEventListener('pageshow', (event) => event.persisted && location.reload());

const root = document.getElementById('page');
if (root) render(<ComparePage comparing={comparing} />, root);
void comparing.start();
