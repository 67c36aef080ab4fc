import * as Comlink from 'comlink';
import { MeshError } from '../../shared/errors.ts';

/**
 * Importing this file, on the page and in its workers, lets a MeshError keep its class and reason when a worker throws it. Comlink
 * alone would turn it into a plain Error.
 */
const plain = Comlink.transferHandlers.get('throw');
if (!plain) throw new Error('This version of Comlink has no handler for thrown values.');
const { canHandle, serialize, deserialize } = plain;

/** Comlink's wrapper around a thrown value. */
interface Thrown {
  value: unknown;
}

Comlink.transferHandlers.set('throw', {
  canHandle,
  serialize(thrown) {
    const { value } = thrown as Thrown;
    return value instanceof MeshError ? [{ meshError: value.toWire() }, []] : serialize(thrown);
  },
  deserialize(serialized): never {
    if (typeof serialized === 'object' && serialized !== null && 'meshError' in serialized) {
      throw MeshError.from(serialized.meshError);
    }
    throw valueThrownBy(() => deserialize(serialized));
  },
});

/** Comlink's deserializer throws the value instead of returning it. */
function valueThrownBy(run: () => unknown): unknown {
  try {
    return run();
  } catch (thrown) {
    return thrown;
  }
}
