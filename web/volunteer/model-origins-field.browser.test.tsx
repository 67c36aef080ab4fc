import { render } from 'preact';
import { afterEach, expect, it } from 'vitest';
import '../ui/base.css';
import { ModelOriginsField } from './model-origins-field.tsx';

const root = document.body.appendChild(document.createElement('div'));
afterEach(() => render(null, root));

it('takes addresses of servers in any form of a list, and says what holds while one is wrong', async () => {
  const changes: string[][] = [];
  const held = ['https://old.example'];
  render(<ModelOriginsField origins={held} onChange={(origins) => changes.push(origins)} />, root);
  const input = root.querySelector('input');
  const enter = (text: string) => {
    if (!input) throw new Error('There is no field.');
    input.value = text;
    input.dispatchEvent(new Event('input', { bubbles: true }));
    input.dispatchEvent(new Event('change', { bubbles: true }));
  };
  expect(input?.value).toBe('https://old.example');
  enter(' https://a.example/folder, https://b.example:8443 https://a.example ');
  expect(changes).toEqual([['https://a.example', 'https://b.example:8443']]);
  for (const wrong of ['http://a.example', 'models', 'https://']) {
    enter(`https://b.example ${wrong}`);
    await expect.poll(() => root.querySelector('p')?.textContent).toContain(`“${wrong}” is not an address`);
    expect(root.querySelector('p')?.textContent).toContain('Until then https://old.example may.');
  }
  enter('');
  expect(changes.slice(1)).toEqual([[]]);
});
