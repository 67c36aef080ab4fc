import './address-field.css';
import { type Choice, SelectField } from './fields.tsx';

/** Who may learn this machine's network address. A browser's direct connection shows it; a relay hides it. */
export type AddressAudience = 'invited' | 'everyone' | 'nobody';

type ChoiceStore = Pick<Storage, 'getItem' | 'setItem'>;

const KEY = 'p2c2r.address';

/** Whether connections must go through a relay. Strangers come from the lobby only. */
export function hidesAddress(audience: AddressAudience, isLobby: boolean): boolean {
  return audience === 'nobody' || (audience === 'invited' && isLobby);
}

/** Strangers do not see the address unless its owner says so. */
export function rememberedAudience(store: ChoiceStore | null): AddressAudience {
  const kept = store?.getItem(KEY);
  return kept === 'everyone' || kept === 'nobody' ? kept : 'invited';
}

export function rememberAudience(store: ChoiceStore | null, audience: AddressAudience): void {
  try {
    store?.setItem(KEY, audience);
  } catch {
    // The store is full or blocked, so the choice lasts as long as the page.
  }
}

export interface AddressFieldProps {
  audience: AddressAudience;
  onChange: (audience: AddressAudience) => void;
  /** Without a relay there is no choice, and the field says who sees the address. */
  hasRelay: boolean;
  /** How the page calls those who know the room, and all that this machine may be linked to. */
  people: { invited: string; everyone: string };
  disabled?: boolean;
}

/** Asks who may learn this machine's network address. */
export function AddressField({ audience, onChange, hasRelay, people, disabled = false }: AddressFieldProps) {
  if (!hasRelay) {
    return (
      <p class="soft small" data-testid="address-shown">
        {people.everyone} can see this machine’s network address, as in a video call. This server has no relay to hide
        it.
      </p>
    );
  }
  const choices: readonly Choice<AddressAudience>[] = [
    { value: 'invited', label: people.invited },
    { value: 'everyone', label: people.everyone },
    { value: 'nobody', label: 'Nobody' },
  ];
  return (
    <div class="address-field">
      <SelectField
        label="Who may see your network address"
        choices={choices}
        value={audience}
        onChange={onChange}
        disabled={disabled}
      />
      <p class="soft small">
        The server’s relay hides it from everyone else. Those connections stay encrypted, but are a little slower.
      </p>
    </div>
  );
}
