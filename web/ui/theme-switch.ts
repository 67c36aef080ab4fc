/**
 * The theme of every page: `data-theme` of the document, which tokens.css reads, and `<theme-switch>`, by which a person chooses it. The build makes a plain
 * script of it, `/theme.js`, which pages load before anything is drawn: a module would run after the first picture, which would flash in the other theme.
 * So it exports nothing, and what it imports is imported nowhere else: it must be one file.
 */
import { tellStartErrors } from './start-errors.ts';

type Theme = 'light' | 'dark';

/** What a person may choose; `auto` follows the system. */
const CHOICES = { auto: 'Auto', light: 'Light', dark: 'Dark' } as const;
type Choice = keyof typeof CHOICES;

const STORAGE_KEY = 'p2c2r.theme';
/** The `--ground` of each theme in tokens.css, for the browser's own bars. Read from there, they would come after the first picture. */
const GROUND: Record<Theme, string> = { light: '#f4f6fa', dark: '#0b0e14' };

/** A constructed style sheet, since the Content-Security-Policy forbids style elements. */
const STYLE = `
:host { display: inline-flex; align-items: center; gap: 0.35rem; color: var(--text-soft); font-size: var(--size-small, 0.8125rem); }
select {
  min-height: var(--target, 2.75rem); padding: 0 0.35rem; border: 1px solid transparent; border-radius: 6px; background: transparent;
  color: inherit; font: inherit; cursor: pointer;
}
select:hover { border-color: var(--line-strong); color: var(--text); }
select:focus-visible { outline: 3px solid var(--blue); outline-offset: 2px; }
option { background: var(--surface); color: var(--text); }
`;

const lightSystem = matchMedia('(prefers-color-scheme: light)');
/** Also where cookies are blocked, and nothing can be remembered. */
let chosen: Choice = remembered();

function remembered(): Choice {
  try {
    const stored = localStorage.getItem(STORAGE_KEY);
    return stored === 'light' || stored === 'dark' ? stored : 'auto';
  } catch {
    return 'auto';
  }
}

function remember(choice: Choice): void {
  try {
    localStorage.setItem(STORAGE_KEY, choice);
  } catch {
    // It lasts as long as the page.
  }
}

function apply(): void {
  const theme = chosen === 'auto' ? (lightSystem.matches ? 'light' : 'dark') : chosen;
  document.documentElement.dataset.theme = theme;
  document.querySelector('meta[name=theme-color]')?.setAttribute('content', GROUND[theme]);
  for (const element of document.querySelectorAll('theme-switch')) {
    if (element instanceof ThemeSwitch) element.show(chosen);
  }
}

class ThemeSwitch extends HTMLElement {
  readonly #select = document.createElement('select');

  constructor() {
    super();
    // The property `ariaLabel` is newer than some of the browsers that the pages run in.
    this.#select.setAttribute('aria-label', 'Theme');
    for (const [value, text] of Object.entries(CHOICES)) this.#select.add(new Option(text, value));
    this.#select.addEventListener('change', () => {
      chosen = choiceOf(this.#select.value);
      remember(chosen);
      apply();
    });
    const root = this.attachShadow({ mode: 'open', delegatesFocus: true });
    const style = new CSSStyleSheet();
    style.replaceSync(STYLE);
    root.adoptedStyleSheets = [style];
    root.append(halfMoon(), this.#select);
  }

  connectedCallback(): void {
    this.show(chosen);
  }

  show(choice: Choice): void {
    this.#select.value = choice;
  }
}

function choiceOf(value: string): Choice {
  return value === 'light' || value === 'dark' ? value : 'auto';
}

function halfMoon(): SVGElement {
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
  const shape = document.createElementNS('http://www.w3.org/2000/svg', 'path');
  for (const [name, value] of [
    ['width', '16'],
    ['height', '16'],
    ['viewBox', '0 0 16 16'],
    ['aria-hidden', 'true'],
    ['fill', 'currentColor'],
  ] as const) {
    svg.setAttribute(name, value);
  }
  shape.setAttribute('d', 'M8 1a7 7 0 1 0 0 14A7 7 0 0 0 8 1m0 1.5v11a5.5 5.5 0 0 1 0-11');
  svg.append(shape);
  return svg;
}

// Here, since no script of a page runs earlier.
tellStartErrors();
customElements.define('theme-switch', ThemeSwitch);
apply();
// The rest of the page, with its theme colour and its switch, is not there yet.
document.addEventListener('DOMContentLoaded', apply);
lightSystem.addEventListener('change', apply);
// Another tab of ours chose.
addEventListener('storage', ({ key }) => {
  if (key !== STORAGE_KEY && key !== null) return;
  chosen = remembered();
  apply();
});
