import type { PackedResult, PackedTask } from '../../shared/tasks/definition.ts';
import type { BackendName } from './backend.ts';
import type { Turn } from './schedule.ts';

/** Runs tasks of one type otherwise than the reference, and was measured at it. */
export interface TaskExecutor {
  readonly backend: BackendName;
  /** Units of the type's cost(). */
  readonly unitsPerMs: number;
  /** Is it worth it for this one? Small tasks are over on the processor before a GPU has answered. */
  suits(task: PackedTask): boolean;
  /**
   * A task its own definition checked. Null: it is one for the reference after all. Throws MeshError `device-lost`, `too-large`,
   * `cancelled`, `volunteer-failed`.
   */
  run(task: PackedTask, turn: Turn): Promise<PackedResult | null>;
}
