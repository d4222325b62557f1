/** Local methods: what each method of the local service takes and gives, by the method's name. */
import type { MethodDefinition } from "@grpc/proto-loader";
import type { LocalGateDefinition } from "../../proto/gen/fleet/v1/LocalGate.ts";

type NamedKey<Key> = string extends Key ? never : number extends Key ? never : Key;
type Methods = {
  [Key in keyof LocalGateDefinition as NamedKey<Key>]: LocalGateDefinition[Key];
};

export type LocalMethod = keyof Methods;

/** The method that answers with a stream; all others are unary. */
export type LocalUnaryMethod = Exclude<LocalMethod, "Watch">;

/** What a client writes: every field may be left out. */
export type LocalCall<Method extends LocalMethod> =
  Methods[Method] extends MethodDefinition<infer Call, infer _Reply, infer _Request, infer _Answer>
    ? Call
    : never;

/** What the agent reads. */
export type LocalRequest<Method extends LocalMethod> =
  Methods[Method] extends MethodDefinition<infer _Call, infer _Reply, infer Request, infer _Answer>
    ? Request
    : never;

/** What the agent writes. */
export type LocalReply<Method extends LocalMethod> =
  Methods[Method] extends MethodDefinition<infer _Call, infer Reply, infer _Request, infer _Answer>
    ? Reply
    : never;

/** What a client reads. */
export type LocalAnswer<Method extends LocalMethod> =
  Methods[Method] extends MethodDefinition<infer _Call, infer _Reply, infer _Request, infer Answer>
    ? Answer
    : never;
