import { render } from 'preact';
import { GamerClient } from '../sdk/p2c2r.ts';
import { ComparePage } from './compare-page.tsx';
import { Comparison } from './comparison.ts';

const comparison = new Comparison({ connect: () => GamerClient.connect({ name: 'compare', where: 'local' }) });

const root = document.getElementById('page');
if (root) render(<ComparePage comparison={comparison} />, root);
void comparison.start();
