import { useState } from 'preact/hooks';
import type { Invite } from '../../shared/invite.ts';
import { Button } from '../ui/button.tsx';
import { Panel } from '../ui/panel.tsx';
import { TextField } from '../ui/text-field.tsx';
import { type Pasted, pastedInvite } from './invited-room.ts';

interface InviteFormProps {
  onInvite: (invite: Invite) => void;
  /** Starts without an invite; null where there is no open lobby. */
  onLobby: (() => void) | null;
}

/** For who came without an invite, or with one that does not work. */
export function InviteForm({ onInvite, onLobby }: InviteFormProps) {
  const [text, setText] = useState('');
  const [pasted, setPasted] = useState<Pasted | null>(null);
  const use = () => {
    const found = pastedInvite(text, location.href);
    setPasted(found);
    if (found.kind === 'invite') onInvite(found.invite);
  };
  return (
    <Panel title="Who are you helping?">
      <p class="soft">
        A gamer’s invite link says whose frames this machine may sharpen. Ask for one, and open it or paste it here.
      </p>
      <form
        class="invite-form"
        onSubmit={(event) => {
          event.preventDefault();
          use();
        }}
      >
        <TextField label="Invite link" value={text} onChange={setText} placeholder="https://…/volunteer#room=…" />
        <Button onPress={use} primary>
          Use this link
        </Button>
      </form>
      <p class="invite-form__wrong" role="alert">
        {pasted?.kind === 'nothing' &&
          'This is no invite link. It contains “#room=”; copy it whole from the gamer’s page.'}
        {pasted?.kind === 'elsewhere' && (
          <>
            This link is for {pasted.host}, and this page is {location.host}’s. <a href={pasted.url}>Open it there</a>.
          </>
        )}
      </p>
      {onLobby && (
        <div class="invite-form__lobby">
          <p class="soft">Or help whoever needs it: this server has an open lobby, and shares you out fairly.</p>
          <Button onPress={onLobby} testId="lobby">
            Help anyone in the lobby
          </Button>
        </div>
      )}
    </Panel>
  );
}
