import type { Quality, Where } from '../sdk/types.ts';
import { type Choice, Segmented } from '../ui/segmented.tsx';
import { SelectField } from '../ui/select-field.tsx';

const WHERES: readonly Choice<Where>[] = [
  { value: 'auto', label: 'Auto' },
  { value: 'volunteers', label: 'Volunteers' },
  { value: 'local', label: 'Here' },
];

const QUALITIES: readonly Choice<Quality>[] = [
  { value: 'spatial', label: 'Sharp edges (spatial)' },
  { value: 'bilinear', label: 'As browsers do (bilinear)' },
  { value: 'fast', label: 'Network: fast' },
  { value: 'balanced', label: 'Network: balanced' },
  { value: 'quality', label: 'Network: best' },
];

const SCALES: readonly Choice<string>[] = ['1.5', '2', '3', '4'].map((scale) => ({ value: scale, label: `${scale}×` }));

interface SettingsProps {
  where: Where;
  quality: Quality;
  scale: number;
  onWhere: (where: Where) => void;
  onQuality: (quality: Quality) => void;
  onScale: (scale: number) => void;
}

export function SettingsRow({ where, quality, scale, onWhere, onQuality, onScale }: SettingsProps) {
  return (
    <>
      <Segmented legend="Where" choices={WHERES} value={where} onChange={onWhere} testId="where" />
      <SelectField label="Quality" choices={QUALITIES} value={quality} onChange={onQuality} />
      <SelectField
        label="Scale"
        choices={SCALES}
        value={String(scale)}
        onChange={(chosen) => onScale(Number(chosen))}
      />
    </>
  );
}
