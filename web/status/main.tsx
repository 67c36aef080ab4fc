import { render } from 'preact';
import { StatusPage } from './status-page.tsx';
import { StatusWatch } from './status-watch.ts';

/** Kept in sessionStorage, for this tab only: everybody who has the token can see the statistics. */
const TOKEN_KEY = 'p2c2r.operator-token';

const watch = new StatusWatch({
  load: (token) =>
    fetch(new URL('status.json', location.href), token ? { headers: { Authorization: `Bearer ${token}` } } : {}),
  now: () => performance.now(),
  token: sessionStorage.getItem(TOKEN_KEY) ?? '',
  onToken: (token) => sessionStorage.setItem(TOKEN_KEY, token),
});

const root = document.getElementById('page');
if (root) render(<StatusPage watch={watch} />, root);
watch.start();
