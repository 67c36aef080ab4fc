import { NO_FIGURE } from '../ui/format.ts';
import { Notice, PageHeader, Panel } from '../ui/layout.tsx';
import { Figures } from './figures.tsx';
import './status-page.css';
import type { StatusWatch } from './status-watch.ts';
import { TokenForm } from './token-form.tsx';

/** What a server's operator sees of it. */
export function StatusPage({ watch }: { watch: StatusWatch }) {
  const { state, trouble, status, rates, charts } = watch;
  const version = status.value?.version ?? NO_FIGURE;
  return (
    <>
      <PageHeader title="Status">version {version}</PageHeader>
      <main class="status">
        {state.value === 'away' && <Notice title="The server does not answer" text={trouble.value} isError />}
        {state.value === 'locked' ? (
          <Panel title="For whoever runs this server">
            <p class="soft">{trouble.value}</p>
            <TokenForm onToken={(token) => watch.useToken(token)} />
          </Panel>
        ) : (
          status.value && charts.value && <Figures status={status.value} rates={rates.value} charts={charts.value} />
        )}
      </main>
    </>
  );
}
