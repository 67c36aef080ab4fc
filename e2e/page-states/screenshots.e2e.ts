import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ROOT } from '../../deploy/child.mjs';
import { test } from '../fixtures.ts';
import { GAMER_STATES } from './gamer-states.ts';
import { OTHER_STATES } from './other-states.ts';
import { lookAt, type PageState, SIZES } from './page-state.ts';
import { VOLUNTEER_STATES } from './volunteer-states.ts';

/** `npm run screenshots`: pictures for people, who look at them one by one. They assert nothing beyond that each state is reached. */

const FOLDER = join(ROOT, 'screenshots');
const STATES = [...OTHER_STATES, ...GAMER_STATES, ...VOLUNTEER_STATES];

/** For what follows a change of size or look: fonts, charts, the layout. */
const SETTLE_MS = 300;

/** Sizes and looks of one state, each a picture of a whole page. */
const TIMEOUT_MS = 300_000;

test.beforeAll(() => mkdir(FOLDER, { recursive: true }));

for (const state of STATES) {
  test(`pictures of ${state.name}`, { tag: '@screens' }, async ({ context, server }) => {
    test.setTimeout(TIMEOUT_MS);
    for (const old of await picturesOf(state)) await rm(join(FOLDER, old));
    const page = await state.open({ context, serverUrl: server.url });
    for (const look of state.looks ?? ['dark', 'light']) {
      await lookAt(page, look);
      for (const size of SIZES) {
        await page.setViewportSize(size);
        await page.waitForTimeout(SETTLE_MS);
        await page.screenshot({ path: join(FOLDER, `${state.name}.${look}.${size.width}.png`), fullPage: true });
      }
    }
  });
}

test.afterAll(async () => {
  const sections = await Promise.all(STATES.map(async (state) => sectionOf(state, await picturesOf(state))));
  await writeFile(join(FOLDER, 'index.html'), pageOf(sections.join('\n')));
});

async function picturesOf({ name }: PageState): Promise<string[]> {
  const files = (await readdir(FOLDER)).filter((file) => file.startsWith(`${name}.`) && file.endsWith('.png'));
  // The widest first.
  return files.sort((a, b) => lookOf(a).localeCompare(lookOf(b)) || widthOf(b) - widthOf(a));
}

const lookOf = (file: string) => file.split('.')[1] ?? '';
const widthOf = (file: string) => Number(file.split('.')[2]);

function sectionOf({ name, about }: PageState, files: readonly string[]): string {
  const pictures = files.map(
    (file) =>
      `<a href="${file}"><img src="${file}" alt="" loading="lazy"><span>${lookOf(file)}, ${widthOf(file)} px</span></a>`,
  );
  return `<section><h2 id="${name}">${name}</h2><p>${about}</p><div>${pictures.join('')}</div></section>`;
}

/** Thumbnails by state. A click shows one picture alone; then the arrow keys leaf through all of them, and Escape goes back. */
function pageOf(sections: string): string {
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>Screenshots of P2C2R</title>
<style>
  body { margin: 2rem; font: 15px/1.5 system-ui, sans-serif; color-scheme: light dark; }
  section > div { display: flex; flex-wrap: wrap; gap: 1rem; align-items: start; }
  a { display: grid; gap: .25rem; }
  img { max-width: 22rem; max-height: 22rem; border: 1px solid gray; }
  #shown { position: fixed; inset: 0; overflow: auto; background: Canvas; text-align: center; }
  #shown img { max-width: 100%; max-height: none; }
</style>
<h1>Screenshots</h1>
<p>Click a picture; then the left and right arrow keys show the others, and Escape closes it.</p>
${sections}
<div id="shown" hidden><p></p><img alt=""></div>
<script>
  const links = [...document.querySelectorAll('a')];
  const shown = document.getElementById('shown');
  let at = -1;
  const show = (index) => {
    at = (index + links.length) % links.length;
    shown.hidden = false;
    shown.scrollTop = 0;
    shown.querySelector('img').src = links[at].href;
    shown.querySelector('p').textContent = links[at].getAttribute('href') + ' (' + (at + 1) + ' of ' + links.length + ')';
  };
  links.forEach((link, index) => link.addEventListener('click', (event) => { event.preventDefault(); show(index); }));
  addEventListener('keydown', ({ key }) => {
    if (key === 'Escape') shown.hidden = true;
    else if (!shown.hidden && key === 'ArrowRight') show(at + 1);
    else if (!shown.hidden && key === 'ArrowLeft') show(at - 1);
  });
</script>
</html>
`;
}
