import { useState } from 'preact/hooks';
import { Button } from '../ui/buttons.tsx';
import { TextField } from '../ui/fields.tsx';

/** Asks for the token that opens the figures to other machines. */
export function TokenForm({ onToken }: { onToken: (token: string) => void }) {
  const [token, setToken] = useState('');
  const open = () => token.trim() && onToken(token.trim());
  return (
    <form
      class="token-form"
      onSubmit={(event) => {
        event.preventDefault();
        open();
      }}
    >
      <TextField label="Operator token" value={token} onChange={setToken} isSecret />
      <Button onPress={open} primary testId="open-status">
        Show the figures
      </Button>
    </form>
  );
}
