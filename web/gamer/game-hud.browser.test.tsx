import { render } from 'preact';
import { afterEach, expect, test, vi } from 'vitest';
import '../ui/base.css';
import { ManualClock } from '../../shared/test-manual-clock.ts';
import { GameWork } from '../game/game-work.ts';
import { GameHud } from './game-hud.tsx';

/** In Details, as on the gamer's page. */
const details = document.body.appendChild(document.createElement('details'));
const root = details.appendChild(document.createElement('div'));
/** Longer than the pause between two pictures. */
const WHILE_MS = 60;

afterEach(() => {
  render(null, root);
  vi.restoreAllMocks();
});

test('the hangar is rendered while it can be seen, and not while Details is closed or the page is hidden', async () => {
  const work = new GameWork(new ManualClock());
  const run = vi.spyOn(work, 'run').mockImplementation(async () => ({ image: new ImageData(2, 1) }));
  const isRendering = async () => {
    run.mockClear();
    await new Promise((resolve) => setTimeout(resolve, WHILE_MS));
    return run.mock.calls.length > 0;
  };
  details.open = true;
  render(<GameHud work={work} volunteers={[]} />, root);
  const hangar = root.querySelector<HTMLDetailsElement>('[data-testid=hangar]');
  if (!hangar) throw new Error('There is no hangar.');
  const open = (element: HTMLDetailsElement, isOpen: boolean) => {
    element.open = isOpen;
    hangar.scrollIntoView({ block: 'end' });
  };
  expect(await isRendering()).toBe(false);
  open(hangar, true);
  await expect.poll(isRendering).toBe(true);
  open(details, false);
  await expect.poll(isRendering).toBe(false);
  open(details, true);
  await expect.poll(isRendering).toBe(true);
  const hidden = vi.spyOn(document, 'hidden', 'get').mockReturnValue(true);
  document.dispatchEvent(new Event('visibilitychange'));
  await expect.poll(isRendering).toBe(false);
  hidden.mockReturnValue(false);
  document.dispatchEvent(new Event('visibilitychange'));
  await expect.poll(isRendering).toBe(true);
});
