import { useState } from 'preact/hooks';
import type { Invite } from '../../shared/invite.ts';
import { Button } from '../ui/buttons.tsx';
import { TextField } from '../ui/fields.tsx';
import { Panel } from '../ui/panel.tsx';
import { type Pasted, pastedInvite } from './invites.ts';

interface InviteFormProps {
  onInvite: (invite: Invite) => void;
  /** Starts in the open lobby; null when there is none. */
  onLobby: (() => void) | null;
}

/** For people without a valid invite. */
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
        A gamer’s invite link says whose frames this machine sharpens. Ask a gamer for one, then open it or paste it
        here.
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
          'This is not an invite link. Copy the whole link from the gamer’s page; it contains “#room=”.'}
        {pasted?.kind === 'elsewhere' && (
          <>
            This link is for {pasted.host}, but this page is on {location.host}. <a href={pasted.url}>Open it there</a>.
          </>
        )}
      </p>
      {onLobby && (
        <div class="invite-form__lobby">
          <p class="soft">Or help anyone: this server has an open lobby, and assigns you fairly.</p>
          <Button onPress={onLobby} testId="lobby">
            Help anyone in the lobby
          </Button>
        </div>
      )}
    </Panel>
  );
}
