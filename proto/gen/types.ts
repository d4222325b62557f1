import type * as grpc from '@grpc/grpc-js';
import type { EnumTypeDefinition, MessageTypeDefinition } from '@grpc/proto-loader';

import type { Gpu as _fleet_v1_Gpu, Gpu__Output as _fleet_v1_Gpu__Output } from './fleet/v1/Gpu.ts';
import type { InputFile as _fleet_v1_InputFile, InputFile__Output as _fleet_v1_InputFile__Output } from './fleet/v1/InputFile.ts';

type SubtypeConstructor<Constructor extends new (...args: any) => any, Subtype> = {
  new(...args: ConstructorParameters<Constructor>): Subtype;
};

export interface ProtoGrpcType {
  fleet: {
    v1: {
      DesiredState: EnumTypeDefinition
      Gpu: MessageTypeDefinition<_fleet_v1_Gpu, _fleet_v1_Gpu__Output>
      InputFile: MessageTypeDefinition<_fleet_v1_InputFile, _fleet_v1_InputFile__Output>
      JobKind: EnumTypeDefinition
      Lane: EnumTypeDefinition
      OnHubLoss: EnumTypeDefinition
      Priority: EnumTypeDefinition
    }
  }
}

