import { render } from 'preact';
import { useState } from 'preact/hooks';
import { afterEach, expect, it } from 'vitest';
import '../ui/base.css';
import type { VolunteerLimits } from '../sdk/types.ts';
import { HoursField } from './hours-field.tsx';

const root = document.body.appendChild(document.createElement('div'));
afterEach(() => render(null, root));

/** Shows the field with these hours. Returns every change of them. */
function show(initial: VolunteerLimits['hours']): VolunteerLimits['hours'][] {
  const changes: VolunteerLimits['hours'][] = [];
  const Field = () => {
    const [hours, setHours] = useState(initial);
    const onChange = (changed: VolunteerLimits['hours']) => {
      changes.push(changed);
      setHours(changed);
    };
    return <HoursField hours={hours} onChange={onChange} />;
  };
  render(<Field />, root);
  return changes;
}

function input(label: string): HTMLInputElement {
  const found = root.querySelector<HTMLInputElement>(`[aria-label="${label}"]`);
  if (!found) throw new Error(`There is no ${label}.`);
  return found;
}

function enter(label: string, value: string): void {
  input(label).value = value;
  input(label).dispatchEvent(new Event('change', { bubbles: true }));
}

const refusal = () => root.querySelector('[role=alert]')?.textContent;

it('keeps the last day on, because no day would mean day and night', async () => {
  const changes = show([
    [1, 1_200, 480],
    [2, 1_200, 480],
  ]);
  input('Monday').click();
  await expect.poll(() => changes).toEqual([[[2, 1_200, 480]]]);
  await expect.poll(() => input('Monday').checked).toBe(false);
  input('Tuesday').click();
  await expect.poll(refusal).toContain('One day stays on.');
  expect([input('Tuesday').checked, changes.length]).toEqual([true, 1]);
  input('Monday').click();
  await expect.poll(refusal).toBeUndefined();
  expect(changes.at(-1)).toHaveLength(2);
});

it.each([
  ['equals the other end', '08:00'],
  ['is missing', ''],
])('says which times hold while one %s', async (_, time) => {
  const changes = show([[1, 1_200, 480]]);
  enter('Monday, from', time);
  await expect.poll(refusal).toBe('Monday needs two different times. Until then 20:00 to 08:00 holds.');
  expect(changes).toEqual([]);
  enter('Monday, from', '21:30');
  await expect.poll(refusal).toBeUndefined();
  expect(changes).toEqual([[[1, 1_290, 480]]]);
});

it('off and on again, it is the week that the person had made, and before that every evening and night', async () => {
  const changes = show([]);
  const limit = root.querySelector<HTMLInputElement>('[data-testid=hours]');
  const press = async (isOn: boolean) => {
    limit?.click();
    await expect.poll(() => root.querySelectorAll('[aria-label=Monday]').length).toBe(isOn ? 1 : 0);
  };
  await press(true);
  expect(changes.at(-1)).toHaveLength(7);
  expect(changes.at(-1)).toContainEqual([6, 1_200, 480]);
  input('Monday').click();
  await expect.poll(() => input('Monday').checked).toBe(false);
  enter('Tuesday, from', '09:00');
  const made = changes.at(-1);
  expect(made).toContainEqual([2, 540, 480]);
  await expect.poll(() => input('Tuesday, from').value).toBe('09:00');
  await press(false);
  expect(changes.at(-1)).toEqual([]);
  await press(true);
  expect(changes.at(-1)).toEqual(made);
});
