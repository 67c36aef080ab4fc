import { useState } from 'preact/hooks';
import { pageDiagnostics } from '../sdk/diagnostics.ts';
import { Button } from '../ui/buttons.tsx';
import { CopyDiagnostics } from '../ui/copy-diagnostics.tsx';
import { TextField } from '../ui/fields.tsx';
import { Notice, PageHeader, Panel } from '../ui/layout.tsx';
import { Figures } from './figures.tsx';
import './status-page.css';
import type { StatusWatch } from './status-watch.ts';

/** The status page, for the server's operator. */
export function StatusPage({ watch }: { watch: StatusWatch }) {
  const { state, trouble, status, rates, charts } = watch;
  return (
    <>
      <PageHeader title="Status">{status.value && `version ${status.value.version}`}</PageHeader>
      <main class="status">
        <div class="status__shown">
          {state.value === 'away' && <Notice title="The server does not answer" text={trouble.value} isError />}
          {state.value === 'locked' ? (
            <Panel title="For the operator of this server">
              <p class="soft">{trouble.value}</p>
              <TokenForm onToken={(token) => watch.useToken(token)} />
            </Panel>
          ) : (
            status.value && charts.value && <Figures status={status.value} rates={rates.value} charts={charts.value} />
          )}
        </div>
        <CopyDiagnostics collect={pageDiagnostics} />
      </main>
    </>
  );
}

/** Asks for OPERATOR_TOKEN, which opens the statistics to other machines. */
function TokenForm({ onToken }: { onToken: (token: string) => void }) {
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
        Show statistics
      </Button>
    </form>
  );
}
