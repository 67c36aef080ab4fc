import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import {
  askForIdleDetection,
  idlePermission,
  isHandheld,
  whyIdlenessIsPartial,
  whyUnsupported,
} from '../sdk/serving/machine-signals.ts';
import type { VolunteerLimits } from '../sdk/types.ts';
import { type Choice, SelectField } from '../ui/fields.tsx';
import { formatBytes, formatPercent } from '../ui/format.ts';
import { Panel } from '../ui/layout.tsx';
import { Switch } from '../ui/switch.tsx';
import { HoursField } from './hours-field.tsx';
import { ModelOriginsField } from './model-origins-field.tsx';

const GAMERS = [1, 2, 4, 8].map((count) => ({ value: String(count), label: String(count) }));
const SHARES = [0.1, 0.25, 0.5, 0.75, 1].map((share) => ({ value: String(share), label: formatPercent(share) }));
const BATTERY_LEVELS = choicesOf([0, 0.2, 0.3, 0.5, 0.8], (level) => (level === 0 ? 'Never' : formatPercent(level)));
const DATA_MB = choicesOf([0, 500, 1_000, 2_000, 5_000, 10_000, 50_000], (mb) =>
  mb === 0 ? 'No limit' : formatBytes(mb * 1e6),
);

interface LimitsPanelProps {
  limits: VolunteerLimits;
  onChange: (limits: VolunteerLimits) => void;
  /** Sent and received today; null before the first start. */
  bytesToday: number | null;
}

/** What this machine lends, and when. Every limit can be changed while it helps. */
export function LimitsPanel({ limits, onChange, bytesToday }: LimitsPanelProps) {
  const isIdleDetected = useIdleDetection();
  const set = (changed: Partial<VolunteerLimits>) => onChange({ ...limits, ...changed });
  const noBattery = whyUnsupported('pauseOnBattery');
  const noWakeLock = whyUnsupported('keepAwake');
  const machine = isHandheld() ? 'device' : 'computer';
  return (
    <Panel title="Your limits">
      <SelectField
        label="Share of this machine’s computing time, at most"
        choices={SHARES}
        value={String(limits.gpuShare)}
        onChange={(chosen) => set({ gpuShare: Number(chosen) })}
      />
      <SelectField
        label="Gamers at a time, at most"
        choices={GAMERS}
        value={String(limits.maxGamers)}
        onChange={(chosen) => set({ maxGamers: Number(chosen) })}
      />
      <SelectField
        label={bytesToday ? `Data a day, at most (today: ${formatBytes(bytesToday)})` : 'Data a day, at most'}
        choices={DATA_MB}
        value={String(limits.dataMBPerDay)}
        onChange={(chosen) => set({ dataMBPerDay: Number(chosen) })}
      />
      <Switch
        label={`Only while I am not using this ${machine}`}
        isOn={limits.onlyWhenIdle}
        note={limits.onlyWhenIdle && !isIdleDetected ? whyIdlenessIsPartial() : undefined}
        onChange={(onlyWhenIdle) => {
          // Browsers ask only in a click.
          if (onlyWhenIdle && !isIdleDetected) void askForIdleDetection();
          set({ onlyWhenIdle });
        }}
        testId="only-when-idle"
      />
      <Switch
        label="Pause on battery"
        isOn={limits.pauseOnBattery}
        note={noBattery ?? undefined}
        disabled={noBattery !== null}
        onChange={(pauseOnBattery) => set({ pauseOnBattery })}
        testId="pause-on-battery"
      />
      {!noBattery && !limits.pauseOnBattery && (
        <SelectField
          label="Pause when the battery is below"
          choices={BATTERY_LEVELS}
          value={String(limits.pauseBelowBattery)}
          onChange={(chosen) => set({ pauseBelowBattery: Number(chosen) })}
        />
      )}
      <Switch
        label={`Keep this ${machine} awake while it helps`}
        isOn={limits.keepAwake}
        note={noWakeLock ?? (limits.keepAwake ? 'As long as this page is shown.' : undefined)}
        disabled={noWakeLock !== null}
        onChange={(keepAwake) => set({ keepAwake })}
        testId="keep-awake"
      />
      <Switch
        label={`Compute less while this ${machine} is hot`}
        isOn={limits.slowWhenHot}
        note={limits.slowWhenHot ? 'It counts as hot when frames take longer and longer.' : undefined}
        onChange={(slowWhenHot) => set({ slowWhenHot })}
        testId="slow-when-hot"
      />
      <Switch
        label="Speak for characters of games"
        isOn={limits.acceptDialogue}
        note={limits.acceptDialogue ? 'Text that players and games send is read by a language model here.' : undefined}
        onChange={(acceptDialogue) => set({ acceptDialogue })}
        testId="accept-dialogue"
      />
      {'LanguageModel' in globalThis && limits.acceptDialogue && (
        <Switch
          label="Let them use this browser’s own language model"
          isOn={limits.lendBrowserModel}
          onChange={(lendBrowserModel) => set({ lendBrowserModel })}
          testId="lend-browser-model"
        />
      )}
      <ModelOriginsField origins={limits.acceptModelsFrom} onChange={(acceptModelsFrom) => set({ acceptModelsFrom })} />
      <HoursField hours={limits.hours} onChange={(hours) => set({ hours })} />
    </Panel>
  );
}

/** Whether the person permits this page to notice that the computer is used. */
function useIdleDetection(): boolean {
  const isPermitted = useSignal(false);
  useEffect(() => {
    const leaving = new AbortController();
    void idlePermission().then((permission) => {
      if (!permission || leaving.signal.aborted) return;
      const update = () => (isPermitted.value = permission.state === 'granted');
      update();
      permission.addEventListener('change', update, { signal: leaving.signal });
    });
    return () => leaving.abort();
  }, []);
  return isPermitted.value;
}

function choicesOf(values: readonly number[], label: (value: number) => string): Choice<string>[] {
  return values.map((value) => ({ value: String(value), label: label(value) }));
}
