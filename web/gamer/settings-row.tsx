import type { StreamQuality, Where } from '../sdk/types.ts';
import { type Choice, Segmented, SelectField } from '../ui/fields.tsx';
import { SCALES } from './remembered-choices.ts';

const WHERES: readonly Choice<Where>[] = [
  { value: 'auto', label: 'Auto' },
  { value: 'volunteers', label: 'Volunteers' },
  { value: 'local', label: 'Here' },
];

const QUALITIES: readonly Choice<StreamQuality>[] = [
  { value: 'auto', label: 'Best that keeps up' },
  { value: 'spatial', label: 'Sharp edges (spatial)' },
  { value: 'bilinear', label: 'Plain (bilinear)' },
  { value: 'bicubic', label: 'Smooth (bicubic)' },
  { value: 'fast', label: 'Network: fast' },
  { value: 'balanced', label: 'Network: balanced' },
  { value: 'quality', label: 'Network: quality' },
  { value: 'ultra', label: 'Network: ultra, for graphics cards' },
];

/** The usual scales, and the one in use: a large picture is offered the largest that it may have. */
function scaleChoices(chosen: number): Choice<string>[] {
  const scales = [...new Set([...SCALES, chosen])].sort((a, b) => a - b);
  return scales.map((scale) => ({ value: String(scale), label: `${scale}×` }));
}

interface SettingsProps {
  where: Where;
  quality: StreamQuality;
  scale: number;
  onWhere: (where: Where) => void;
  onQuality: (quality: StreamQuality) => void;
  onScale: (scale: number) => void;
}

/** Where, with which quality and at which scale to sharpen. */
export function SettingsRow({ where, quality, scale, onWhere, onQuality, onScale }: SettingsProps) {
  return (
    <>
      <Segmented legend="Where" choices={WHERES} value={where} onChange={onWhere} testId="where" />
      <SelectField label="Quality" choices={QUALITIES} value={quality} onChange={onQuality} />
      <SelectField
        label="Scale"
        choices={scaleChoices(scale)}
        value={String(scale)}
        onChange={(chosen) => onScale(Number(chosen))}
      />
    </>
  );
}
