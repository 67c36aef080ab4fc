import type * as Sdk from './p2c2r.ts';
import type * as Contract from './test-contract.d.ts';

/** Compiles if a `Given` can be used wherever a `Promised` was promised. */
type Fits<Promised, Given extends Promised> = [Promised, Given];

type PromisedInputs = { [Type in Contract.TaskType]: Contract.TaskTypes[Type]['input'] };
type GivenInputs = { [Type in Sdk.TaskType]: Sdk.TaskTypes[Type]['input'] };
type PromisedResults = { [Type in Contract.TaskType]: Contract.TaskTypes[Type]['result'] };
type GivenResults = { [Type in Sdk.TaskType]: Sdk.TaskTypes[Type]['result'] };
type FirstArgument<Method extends (first: never) => unknown> = Exclude<Parameters<Method>[0], undefined>;

/** Values that the SDK returns. */
export type Given = [
  Fits<Contract.GamerClient, Sdk.GamerClient>,
  Fits<Contract.VolunteerNode, Sdk.VolunteerNode>,
  Fits<Contract.FrameStream, Sdk.FrameStream>,
  Fits<Contract.Attachment, Sdk.Attachment>,
  Fits<Contract.MeshError, Sdk.MeshError>,
  Fits<Promise<Contract.GamerClient>, ReturnType<typeof Sdk.GamerClient.connect>>,
  Fits<Promise<Contract.VolunteerNode>, ReturnType<typeof Sdk.VolunteerNode.start>>,
  Fits<PromisedResults, GivenResults>,
  Fits<Contract.Task, Sdk.Task>,
  Fits<Contract.Timing, Sdk.Timing>,
  Fits<Contract.ClientStats, Sdk.ClientStats>,
  Fits<Contract.StreamStats, Sdk.StreamStats>,
  Fits<Contract.ConnectionReport, Sdk.ConnectionReport>,
  Fits<Contract.VolunteerInfo, Sdk.VolunteerInfo>,
  Fits<Contract.VolunteerLimits, Sdk.VolunteerLimits>,
  Fits<Contract.MeshError['reason'], Sdk.MeshErrorReason>,
];

/** Values that the SDK accepts. The compiler compares the parameters of methods in both directions; here only one is allowed. */
export type Taken = [
  Fits<GivenInputs, PromisedInputs>,
  Fits<Sdk.TaskOptions, Contract.TaskOptions>,
  Fits<Sdk.GamerOptions, FirstArgument<typeof Contract.GamerClient.connect>>,
  Fits<Sdk.VolunteerOptions, FirstArgument<typeof Contract.VolunteerNode.start>>,
  Fits<Sdk.StreamSource, FirstArgument<Contract.GamerClient['openStream']>>,
  Fits<Sdk.StreamOptions, Exclude<Parameters<Contract.GamerClient['openStream']>[1], undefined>>,
  Fits<Sdk.AttachOptions, Exclude<Parameters<Contract.GamerClient['attach']>[1], undefined>>,
  Fits<Sdk.StreamChanges, FirstArgument<Contract.FrameStream['set']>>,
  Fits<Sdk.InviteOptions, FirstArgument<Contract.GamerClient['createInvite']>>,
  Fits<Partial<Sdk.VolunteerLimits>, FirstArgument<Contract.VolunteerNode['setLimits']>>,
  Fits<Sdk.ImageInput, Contract.ImageInput>,
];
