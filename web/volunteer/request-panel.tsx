import './request-panel.css';
import type { ComponentChildren } from 'preact';
import { quotedName } from '../../shared/quoting.ts';
import { Panel } from '../ui/layout.tsx';
import { SeenLink } from '../ui/seen-link.tsx';

/**
 * For one gamer, MB a minute: a stream at its default 6 Mb/s, and half of that back as detail (`bitrateKbps` in docs/sdk.md), rounded up. Games may ask
 * for more, and whole pictures (`transport: 'picture'`) are larger than detail.
 */
const USUAL_MB_PER_MINUTE = 70;

interface RequestPanelProps {
  /** The name in the invite; undefined where it has none. Anybody can write it. */
  from: string | undefined;
  /** Whether the gamer sees this machine's network address. */
  isAddressShown: boolean;
  /** Origins of other servers from which this machine fetches the models of games. */
  acceptModelsFrom: readonly string[];
  /** The button that starts. */
  children: ComponentChildren;
}

/** Who asks for this machine's graphics card, what for, and what that costs: for a friend who followed an invite and knows nothing of this page. */
export function RequestPanel({ from, isAddressShown, acceptModelsFrom, children }: RequestPanelProps) {
  return (
    <Panel title="A gamer asks for your graphics card">
      <p class="request__from">
        {from === undefined ? 'The link does not say who it is from.' : `The gamer says it is ${quotedName(from)}.`}{' '}
        <strong>Start only if you know who sent you the link:</strong> anybody can write any name into one.
      </p>
      <p class="soft">
        A game runs on their computer, which draws it small. While this page is open, your graphics card adds the detail
        and sends it back, from browser to browser. Nothing is installed.
      </p>
      <dl class="request">
        <dt>Power</dt>
        <dd>Your graphics card works as it does in a game. Plug a laptop in; your limits say how much you lend.</dd>
        <dt>Data</dt>
        <dd>
          Usually about {USUAL_MB_PER_MINUTE} MB a minute for a gamer, in and out together; some games take more. “Data
          a day, at most” among your limits ends it.
        </dd>
        <dt>You see</dt>
        <dd>The pictures and tasks that your card works on, and nothing else of their computer.</dd>
        <dt>They see</dt>
        <dd>
          Your graphics card, its speed and the name you go by
          {isAddressShown ? ', and your network address, as in a video call' : '; not your network address'}. They
          cannot run their own code here. <SeenLink />
        </dd>
        {acceptModelsFrom.length > 0 && (
          <>
            <dt>Others see</dt>
            <dd>
              {new Intl.ListFormat('en').format(acceptModelsFrom)}: your limits let games have models fetched from
              there, and a server that you fetch from sees your network address.
            </dd>
          </>
        )}
      </dl>
      {children}
    </Panel>
  );
}
