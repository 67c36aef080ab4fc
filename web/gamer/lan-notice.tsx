import { useEffect, useState } from 'preact/hooks';
import { within } from '../../shared/older-browsers.ts';
import { type Lan, lanSchema } from '../../shared/server-status.ts';
import { Button } from '../ui/buttons.tsx';
import { nameStore } from '../ui/friendly-name.ts';
import { Notice } from '../ui/layout.tsx';

const READ_KEY = 'p2c2r.lan-warning-read';

/** What the server says of its network; undefined until it has answered, null where it does not. */
export function useLan(): Lan | null | undefined {
  const [lan, setLan] = useState<Lan | null>();
  useEffect(() => {
    let isGone = false;
    void loadLan().then((loaded) => !isGone && setLan(loaded));
    return () => {
      isGone = true;
    };
  }, []);
  return lan;
}

/** Advice about sharing a link on a local network. The browser's warning is explained until the person dismisses it. */
export function LanNotice({ lan }: { lan: Lan | null }) {
  const [isRead, setRead] = useState(() => nameStore()?.getItem(READ_KEY) === 'yes');
  const advice = lan && lanAdvice(location.href, lan);
  if (advice?.kind === 'here-only') {
    return (
      <p class="small" data-testid="here-only">
        This link works on this computer only. <Remedy betterUrl={advice.betterUrl} />
      </p>
    );
  }
  if (advice?.kind !== 'warning' || isRead) return null;
  return (
    <Notice
      title="Their browser will warn them once"
      text="This server is a machine on your own network and made its certificate itself, so no authority vouches for it. Tell your friends to choose Advanced, then Proceed. The connection is encrypted all the same."
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

function Remedy({ betterUrl }: { betterUrl: string | null }) {
  if (betterUrl === null) {
    return (
      <>
        To invite others on your network, stop the server and start it with <code>{LAN_COMMAND}</code>. For the internet
        it needs a domain: its docs/hosting.md says how.
      </>
    );
  }
  return (
    <>
      To invite others on your network, open this page at <a href={betterUrl}>{betterUrl}</a>; your browser will warn
      you once, because this computer made its certificate itself.
    </>
  );
}

function rememberRead(): void {
  try {
    nameStore()?.setItem(READ_KEY, 'yes');
  } catch {
    // The store is full, so the explanation appears again next time.
  }
}

/** The link does not wait longer for what is said of it. */
const LAN_WITHIN_MS = 3_000;

/** Null when the server does not answer in time, or is not ours. */
async function loadLan(): Promise<Lan | null> {
  try {
    return await within(LAN_WITHIN_MS, async (signal) => {
      const response = await fetch(new URL('lan.json', location.href), { signal });
      return response.ok ? lanSchema.parse(await response.json()) : null;
    });
  } catch {
    return null;
  }
}

export type LanAdvice =
  /** The link works on this computer only; null where the server has no address for others. */
  | { kind: 'here-only'; betterUrl: string | null }
  /** The browser warns people who open the link. */
  | { kind: 'warning' };

/** What gives a server an address for others. */
const LAN_COMMAND = 'npm start -- --lan';

/** Names and addresses that mean each machine itself (RFC 6761, section 6.3; RFC 1122, section 3.2.1.3). */
const LOOPBACK = /^(?:(?:.*\.)?localhost|127(?:\.\d+){3}|\[::1\])$/;

/** Advice before sharing a link to the page at `pageUrl`; null when none is needed. */
export function lanAdvice(pageUrl: string, { secureUrls, isOwnCertificate }: Lan): LanAdvice | null {
  const { protocol, hostname } = new URL(pageUrl);
  const [best] = secureUrls;
  if (LOOPBACK.test(hostname)) {
    return { kind: 'here-only', betterUrl: best === undefined ? null : new URL('gamer', best).href };
  }
  return protocol === 'https:' && isOwnCertificate ? { kind: 'warning' } : null;
}
