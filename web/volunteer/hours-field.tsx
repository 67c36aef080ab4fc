import { useRef, useState } from 'preact/hooks';
import type { VolunteerLimits } from '../sdk/types.ts';
import { Switch } from '../ui/switch.tsx';

type Hours = VolunteerLimits['hours'];

const MINUTES_PER_DAY = 24 * 60;
/** From the evening to the morning, when most computers are not used. */
const USUAL = { from: 20 * 60, to: 8 * 60 };
/** Weekdays in the order of most calendars of the world, counted from Sunday. */
const WEEK: readonly (readonly [weekday: number, name: string])[] = [
  [1, 'Monday'],
  [2, 'Tuesday'],
  [3, 'Wednesday'],
  [4, 'Thursday'],
  [5, 'Friday'],
  [6, 'Saturday'],
  [0, 'Sunday'],
];

const USUAL_WEEK: Hours = WEEK.map(([weekday]) => [weekday, USUAL.from, USUAL.to]);

const LOCAL_TIME = 'Local time. A window that ends before it begins ends on the next day.';
/** No day at all would mean the same to the limit as no limit: help day and night. */
const LAST_DAY = 'One day stays on. To help at any time, turn this limit off; to stop helping, press Stop.';

interface HoursFieldProps {
  hours: Hours;
  onChange: (hours: Hours) => void;
}

/** The hours of the week in which this machine helps: one window a day. */
export function HoursField({ hours, onChange }: HoursFieldProps) {
  /** Times of days that are switched off. */
  const kept = useRef(new Map<number, { from: number; to: number }>());
  /** The week while this limit is off. */
  const keptWeek = useRef(USUAL_WEEK);
  /** Why the last input changed nothing. */
  const [refusal, setRefusal] = useState('');
  const windowOf = (weekday: number) => {
    const [, from, to] = hours.find(([day]) => day === weekday) ?? [];
    return from === undefined || to === undefined ? null : { from, to };
  };
  const timesOf = (weekday: number) => windowOf(weekday) ?? kept.current.get(weekday) ?? USUAL;

  const setDay = (weekday: number, isOn: boolean, { from, to } = timesOf(weekday)) => {
    kept.current.set(weekday, { from, to });
    setRefusal('');
    const others = hours.filter(([day]) => day !== weekday);
    onChange(isOn ? [...others, [weekday, from, to]] : others);
  };

  const setAll = (isOn: boolean) => {
    setRefusal('');
    if (!isOn) keptWeek.current = hours;
    onChange(isOn ? keptWeek.current : []);
  };

  const toggleDay = (weekday: number, box: HTMLInputElement) => {
    const isLast = !box.checked && hours.every(([day]) => day === weekday);
    if (isLast) {
      box.checked = true;
      setRefusal(LAST_DAY);
    } else setDay(weekday, box.checked);
  };

  /** A time that cannot be: what the field shows is not what holds. */
  const setTimes = (weekday: number, name: string, { from, to }: { from: number; to: number }) => {
    const isWindow = from !== to && !Number.isNaN(from + to);
    if (isWindow) return setDay(weekday, true, { from, to });
    const holds = timesOf(weekday);
    setRefusal(`${name} needs two different times. Until then ${timeText(holds.from)} to ${timeText(holds.to)} holds.`);
  };

  return (
    <div class="hours">
      <Switch
        label="Only at certain hours"
        isOn={hours.length > 0}
        onChange={setAll}
        note={hours.length > 0 ? LOCAL_TIME : undefined}
        testId="hours"
      />
      {hours.length > 0 && (
        <div class="hours__week">
          {WEEK.map(([weekday, name]) => {
            const isOn = windowOf(weekday) !== null;
            const { from, to } = timesOf(weekday);
            return (
              <div class="hours__day" key={weekday}>
                <label class="hours__name">
                  <input
                    type="checkbox"
                    checked={isOn}
                    aria-label={name}
                    onChange={(event) => toggleDay(weekday, event.currentTarget)}
                  />
                  <span aria-hidden="true">{name.slice(0, 3)}</span>
                </label>
                <TimeInput
                  label={`${name}, from`}
                  minute={from}
                  disabled={!isOn}
                  onChange={(changed) => setTimes(weekday, name, { from: changed, to })}
                />
                <span aria-hidden="true">to</span>
                <TimeInput
                  label={`${name}, to`}
                  minute={to}
                  disabled={!isOn}
                  // Midnight ends the day.
                  onChange={(changed) =>
                    setTimes(weekday, name, { from, to: changed === 0 ? MINUTES_PER_DAY : changed })
                  }
                />
              </div>
            );
          })}
          {refusal && (
            <p class="limits__note limits__note--refusal" role="alert">
              {refusal}
            </p>
          )}
        </div>
      )}
    </div>
  );
}

interface TimeInputProps {
  label: string;
  /** Minute of the day. */
  minute: number;
  disabled: boolean;
  /** NaN: the field is empty. */
  onChange: (minute: number) => void;
}

function TimeInput({ label, minute, disabled, onChange }: TimeInputProps) {
  return (
    <input
      class="field__control hours__time"
      type="time"
      aria-label={label}
      value={timeText(minute)}
      disabled={disabled}
      onChange={(event) => {
        const [hours = Number.NaN, minutes = Number.NaN] = event.currentTarget.value.split(':').map(Number);
        onChange(hours * 60 + minutes);
      }}
    />
  );
}

function timeText(minute: number): string {
  const parts = [Math.floor(minute / 60) % 24, minute % 60];
  return parts.map((part) => String(part).padStart(2, '0')).join(':');
}
