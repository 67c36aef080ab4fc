import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import type { ConnectionReport, ConnectionStep } from '../sdk/types.ts';
import { Button } from '../ui/buttons.tsx';
import { CopyDiagnostics } from '../ui/copy-diagnostics.tsx';
import { PageHeader, Panel, StatusLine } from '../ui/layout.tsx';
import './check-page.css';
import { testedHere } from './tested.ts';
import { headlineOf, isOfMachine, STEP_LABELS, VERDICT_LABELS, verdictOf } from './words.ts';

interface CheckPageProps {
  /** Never rejects. */
  test: () => Promise<ConnectionReport>;
  /** What a report for a bug has besides the test. */
  diagnose: () => Promise<object>;
}

/** Tests the connection when it opens, and again at the press of a button. */
export function CheckPage({ test, diagnose }: CheckPageProps) {
  const report = useSignal<ConnectionReport | null>(null);
  const isRunning = useSignal(false);

  const run = async () => {
    isRunning.value = true;
    report.value = null;
    report.value = await test();
    isRunning.value = false;
  };

  useEffect(() => void run(), []);

  const steps = report.value?.steps ?? [];
  return (
    <>
      <PageHeader title="Connection test" />
      <main class="check">
        <div class="check__head">
          <StatusLine {...headlineOf(report.value)} testId="status" />
          <Button onPress={() => void run()} isOff={isRunning.value} testId="again">
            Test again
          </Button>
        </div>
        <div class="check__result">
          {report.value ? (
            <>
              <Panel title="Network">
                <StepList steps={steps.filter((step) => !isOfMachine(step))} />
              </Panel>
              <Panel title="This browser and machine">
                <StepList steps={steps.filter(isOfMachine)} />
              </Panel>
              <Tested />
              <details class="check__json">
                <summary>The same as JSON</summary>
                <pre data-testid="json">{JSON.stringify(report.value, null, 2)}</pre>
              </details>
            </>
          ) : (
            <p class="soft check__what">
              It asks this server and its relay, sends a few megabytes between two connections of this page, and asks
              the browser what it computes with. Nobody else takes part.
            </p>
          )}
        </div>
        <CopyDiagnostics collect={async () => ({ ...(await diagnose()), connection: report.value })} />
      </main>
    </>
  );
}

/** The table of docs/browsers.md, for this browser. */
function Tested() {
  const { where, rows } = testedHere(navigator.userAgent);
  return (
    <Panel title="What was tested in such a browser">
      <p class="soft">{where}</p>
      {rows.length > 0 && (
        <ul class="check__tested" data-testid="tested">
          {rows.map(({ what, found }) => (
            <li key={what}>
              <span>{what}</span>
              <span class={found === 'works' ? 'check__works' : undefined}>{found}</span>
            </li>
          ))}
        </ul>
      )}
    </Panel>
  );
}

function StepList({ steps }: { steps: readonly ConnectionStep[] }) {
  return (
    <ul class="steps">
      {steps.map((step) => (
        <Step key={step.name} step={step} />
      ))}
    </ul>
  );
}

function Step({ step }: { step: ConnectionStep }) {
  const verdict = verdictOf(step);
  return (
    <li class={`step step--${verdict}`} data-testid={`step-${step.name}`}>
      <h3 class="step__name">{STEP_LABELS[step.name]}</h3>
      <span class="step__verdict">{VERDICT_LABELS[verdict]}</span>
      <div class="step__words">
        <p>{step.found}</p>
        {step.next && (
          <p class="soft">
            <b>You:</b> {step.next}
          </p>
        )}
        {step.nextForHost && (
          <p class="soft">
            <b>Whoever runs the server:</b> {step.nextForHost}
          </p>
        )}
      </div>
    </li>
  );
}
