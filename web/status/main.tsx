import { render } from 'preact';
import { StatusPage } from './status-page.tsx';
import { StatusWatch } from './status-watch.ts';

/** Kept in sessionStorage, for this tab only: everybody who has the token can see the statistics. */
const TOKEN_KEY = 'p2c2r.operator-token';

const watch = new StatusWatch({
  load: (token) =>
    fetch(new URL('status.json', location.href), token ? { headers: { Authorization: `Bearer ${token}` } } : {}),
  now: () => performance.now(),
  token: keptToken(),
  onToken: keepToken,
});

const root = document.getElementById('page');
if (root) render(<StatusPage watch={watch} />, root);
watch.start();

function keptToken(): string {
  try {
    return sessionStorage.getItem(TOKEN_KEY) ?? '';
  } catch {
    // A browser that blocks cookies throws.
    return '';
  }
}

function keepToken(token: string): void {
  try {
    sessionStorage.setItem(TOKEN_KEY, token);
  } catch {
    // The token lasts as long as the page.
  }
}
