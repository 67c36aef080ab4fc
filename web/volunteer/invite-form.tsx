import { useState } from 'preact/hooks';
import type { Invite } from '../../shared/invite.ts';
import { Button } from '../ui/button.tsx';
import { Panel } from '../ui/panel.tsx';
import { TextField } from '../ui/text-field.tsx';
import { pastedInvite } from './invited-room.ts';

/** For who came without an invite. */
export function InviteForm({ onInvite }: { onInvite: (invite: Invite) => void }) {
  const [text, setText] = useState('');
  const [isWrong, setIsWrong] = useState(false);
  const use = () => {
    const invite = pastedInvite(text);
    setIsWrong(!invite);
    if (invite) onInvite(invite);
  };
  return (
    <Panel title="Whom do you help?">
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
        {isWrong && 'This is no invite link. It contains “#room=”; copy it whole from the gamer’s page.'}
      </p>
    </Panel>
  );
}
