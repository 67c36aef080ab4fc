import { useEffect, useState } from 'preact/hooks';
import { type Lan, lanSchema } from '../../shared/server-status.ts';
import { Button } from '../ui/button.tsx';
import { nameStore } from '../ui/friendly-name.ts';
import { Notice } from '../ui/notice.tsx';
import { lanWords } from './lan-messages.ts';

const READ_KEY = 'p2c2r.lan-warning-read';

/** On a local network: what to know before sharing a link. The browser's warning is explained until it was read once. */
export function LanNotice() {
  const [lan, setLan] = useState<Lan | null>(null);
  const [isRead, setRead] = useState(() => nameStore()?.getItem(READ_KEY) === 'yes');
  useEffect(() => {
    let isGone = false;
    void loadLan().then((loaded) => !isGone && setLan(loaded));
    return () => {
      isGone = true;
    };
  }, []);

  const words = lan && lanWords(location.href, lan);
  if (words?.kind === 'here-only') {
    return (
      <p class="small">
        This link works on this machine only. To invite others on your network, open this page at{' '}
        <a href={words.betterUrl}>{words.betterUrl}</a>; your browser warns you once, since this machine made the
        certificate itself.
      </p>
    );
  }
  if (words?.kind !== 'warning' || isRead) return null;
  return (
    <Notice
      title="Their browser will warn them once"
      text="This server is a machine on your own network and made its certificate itself, so nobody vouches for it. Tell your friends to choose Advanced, then Proceed. The connection is encrypted all the same."
    >
      <Button
        onPress={() => {
          rememberRead();
          setRead(true);
        }}
      >
        Understood
      </Button>
    </Notice>
  );
}

function rememberRead(): void {
  try {
    nameStore()?.setItem(READ_KEY, 'yes');
  } catch {
    // A full store: it is explained once more next time.
  }
}

/** @returns null when the server says nothing of it: a page of another server's, or one that was stopped just now. */
async function loadLan(): Promise<Lan | null> {
  try {
    const response = await fetch(new URL('/lan.json', location.href));
    return response.ok ? lanSchema.parse(await response.json()) : null;
  } catch {
    return null;
  }
}
